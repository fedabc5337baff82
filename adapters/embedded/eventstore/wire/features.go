package wire

import (
	"context"
	"encoding/binary"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"
)

// Version is the release of EventStoreDB whose protocol this is; clients insist on three numbers.
const Version = "23.10.0"

// features tells clients what they may call. Names are in lower case, as clients compare them.
type features struct {
	serverfeatures.UnimplementedServerFeaturesServer
}

func (features) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	const streamsService = "event_store.client.streams.streams"
	return &serverfeatures.SupportedMethods{
		EventStoreServerVersion: Version,
		Methods: []*serverfeatures.SupportedMethod{
			{ServiceName: streamsService, MethodName: "read", Features: []string{"position", "events"}},
			{ServiceName: streamsService, MethodName: "append"},
			{ServiceName: streamsService, MethodName: "batchappend", Features: []string{"deadline_duration"}},
			{ServiceName: streamsService, MethodName: "delete"},
			{ServiceName: streamsService, MethodName: "tombstone"},
			{ServiceName: "event_store.client.server_features.serverfeatures", MethodName: "getsupportedmethods"},
			{ServiceName: "event_store.client.gossip.gossip", MethodName: "read"},
		},
	}, nil
}

// member is a cluster of one, its leader.
type member struct {
	gossip.UnimplementedGossipServer
	id uuid.UUID

	mu       sync.Mutex
	endpoint *gossip.EndPoint
}

func newMember() *member { return &member{id: uuid.New(), endpoint: &gossip.EndPoint{}} }

// at remembers the address that clients are sent to: of several listeners a TCP one.
func (m *member) at(addr net.Addr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if tcp, ok := addr.(*net.TCPAddr); ok {
		m.endpoint = &gossip.EndPoint{Address: tcp.IP.String(), Port: uint32(tcp.Port)}
	} else if m.endpoint.GetAddress() == "" {
		m.endpoint = &gossip.EndPoint{Address: addr.Network() + ":" + addr.String()}
	}
}

func (m *member) Read(ctx context.Context, _ *shared.Empty) (*gossip.ClusterInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	endpoint := m.endpoint
	if ip := net.ParseIP(endpoint.GetAddress()); ip != nil && ip.IsUnspecified() {
		endpoint = askedFor(ctx, endpoint)
	}
	return &gossip.ClusterInfo{Members: []*gossip.MemberInfo{{
		InstanceId: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
			MostSignificantBits:  int64(binary.BigEndian.Uint64(m.id[:8])),
			LeastSignificantBits: int64(binary.BigEndian.Uint64(m.id[8:])),
		}}},
		TimeStamp:    time.Now().UnixNano() / 100,
		State:        gossip.MemberInfo_Leader,
		IsAlive:      true,
		HttpEndPoint: endpoint,
	}}}, nil
}

// askedFor is the address under which the caller found this server: one that listens on all addresses has none of its own.
func askedFor(ctx context.Context, otherwise *gossip.EndPoint) *gossip.EndPoint {
	for _, authority := range metadata.ValueFromIncomingContext(ctx, ":authority") {
		if host, port, err := net.SplitHostPort(authority); err == nil {
			if n, err := strconv.ParseUint(port, 10, 16); err == nil {
				return &gossip.EndPoint{Address: host, Port: uint32(n)}
			}
		}
	}
	return otherwise
}
