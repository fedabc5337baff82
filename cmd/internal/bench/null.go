package main

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	protocol "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// nothing is a server that takes every append, keeps none, and answers at once: what gRPC and the official client cost alone.
type nothing struct {
	serverfeatures.UnimplementedServerFeaturesServer
	protocol.UnimplementedStreamsServer
}

func (nothing) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return &serverfeatures.SupportedMethods{EventStoreServerVersion: "23.10.0"}, nil
}

func (nothing) Append(stream protocol.Streams_AppendServer) error {
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	return stream.SendAndClose(&protocol.AppendResp{Result: &protocol.AppendResp_Success_{Success: &protocol.AppendResp_Success{
		CurrentRevisionOption: &protocol.AppendResp_Success_CurrentRevision{CurrentRevision: 1},
		PositionOption: &protocol.AppendResp_Success_Position{Position: &protocol.AppendResp_Position{
			CommitPosition: 1, PreparePosition: 1,
		}},
	}}})
}

// serveNothing serves on a socket until stop.
func serveNothing(socket string) (stop func() error, err error) {
	lis, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	server := grpc.NewServer(grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}))
	serverfeatures.RegisterServerFeaturesServer(server, nothing{})
	protocol.RegisterStreamsServer(server, nothing{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(lis) }()
	return func() error {
		server.Stop()
		return <-served
	}, nil
}
