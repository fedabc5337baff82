package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// launch starts the server and waits until it takes connections; it leaves no server behind when it answers an error.
func (c *Cluster) launch(ctx context.Context, bin installation, who account, opts Options) error {
	c.log.Info("starting the private postgres", "version", fmt.Sprintf("%d.%d", bin.major, bin.minor), "user", who.name)
	for {
		cmd := exec.Command(bin.program("postgres"), arguments(c.data, c.sockets, opts)...)
		c.said = &serverLog{log: c.log}
		cmd.Stderr = c.said
		server, err := run(cmd, who, syscall.SIGINT)
		if err != nil {
			return err
		}
		c.server = server
		err = c.becomeReady(ctx)
		if err == nil {
			return nil
		}
		overtaken := c.overtaken()
		if stuck := c.end(context.WithoutCancel(ctx)); stuck != nil || !overtaken {
			return errors.Join(err, stuck)
		}
	}
}

// overtaken tells whether the server ended because another works on its data: one that a process started just before it
// was killed, and that could not be found yet when we looked.
func (c *Cluster) overtaken() bool {
	select {
	case <-c.server.done:
		pids, err := serversIn(c.data)
		return err == nil && len(pids) > 0
	default:
		return false
	}
}

func (c *Cluster) becomeReady(ctx context.Context) error {
	const tellEvery = 5 * time.Second
	began := time.Now()
	told := began
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !c.saysReady() {
		select {
		case <-tick.C:
		case <-c.server.done:
			return c.said.explain(fmt.Errorf("it ended while it started: %s", c.server.cmd.ProcessState))
		case <-ctx.Done():
			return ctx.Err()
		}
		if time.Since(told) >= tellEvery {
			told = time.Now()
			c.log.Info("waiting for postgres, which recovers after a crash", "since", time.Since(began).Round(time.Second))
		}
	}
	return c.makeDatabase(ctx)
}

// saysReady reads the state of the server where its own tools read it, without a session that would be refused.
func (c *Cluster) saysReady() bool {
	text, err := os.ReadFile(filepath.Join(c.data, "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := strings.Split(string(text), "\n")
	const state = 7
	return len(lines) > state && lines[0] == strconv.Itoa(c.server.cmd.Process.Pid) && strings.TrimSpace(lines[state]) == "ready"
}

// makeDatabase completes a new cluster; whether an earlier start did it is asked of the cluster.
func (c *Cluster) makeDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", database).Scan(&exists); err != nil {
		return fmt.Errorf("look for the database %s: %w", database, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "create database "+database+" template template0"); err != nil {
		return fmt.Errorf("create the database %s: %w", database, err)
	}
	return nil
}
