package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"tagtrail/domain/fault"
)

var errNotReady = fault.New(fault.Unavailable, "cli.not-ready", "the process is not ready")

func healthCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "health",
		Short: "ask the process that listens on the configured address whether it is ready",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			settings, _, err := load(c)
			if err != nil {
				return err
			}
			if err := askReady(c.Context(), settings.Listen); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "ready")
			return err
		},
	}
	return withSettings(c, "listen")
}

func askReady(ctx context.Context, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return usage(err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return usage(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotReady, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return errNotReady
	}
	return nil
}
