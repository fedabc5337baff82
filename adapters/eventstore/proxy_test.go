package eventstore_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between a client and the server's TCP port and does what networks do.
type proxy struct {
	address string
	target  func() string
	lis     net.Listener

	// budget answers how many bytes of answers a new connection brings before it is cut; negative is without end.
	budget func() int64
	// answered counts the bytes of answers that were passed on.
	answered atomic.Int64

	mu      sync.Mutex
	silent  bool // new connections are taken and nothing is passed on
	open    map[net.Conn]*atomic.Bool
	closed  bool
	serving sync.WaitGroup
}

func startProxy(t *testing.T, srv *server, budget func() int64) *proxy {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{address: lis.Addr().String(), lis: lis, budget: budget, open: map[net.Conn]*atomic.Bool{}}
	p.target = func() string {
		srv.mu.Lock()
		defer srv.mu.Unlock()
		return srv.address
	}
	p.serving.Go(p.serve)
	t.Cleanup(p.close)
	return p
}

// url is the connection string of the server behind the proxy.
func (p *proxy) url() string { return "esdb://" + p.address + "?tls=false&gossipTimeout=1" }

func (p *proxy) serve() {
	for {
		client, err := p.lis.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() { p.pass(client) })
	}
}

func (p *proxy) pass(client net.Conn) {
	mute := &atomic.Bool{}
	p.mu.Lock()
	mute.Store(p.silent)
	p.open[client] = mute
	closed := p.closed
	p.mu.Unlock()
	defer func() {
		_ = client.Close()
		p.mu.Lock()
		delete(p.open, client)
		p.mu.Unlock()
	}()
	upstream, err := net.Dial("tcp", p.target())
	if err != nil || closed {
		return
	}
	budget := p.budget()
	var asking sync.WaitGroup
	asking.Go(func() {
		_, _ = io.Copy(unlessMute{upstream, mute}, client)
		_ = upstream.Close()
	})
	answers := io.Reader(upstream)
	if budget >= 0 {
		answers = io.LimitReader(upstream, budget)
	}
	_, err = io.Copy(counting{unlessMute{client, mute}, &p.answered}, answers)
	if mute.Load() && err == nil {
		// A connection into silence is not closed by the other end: nothing comes from it any more.
		asking.Wait()
	}
	_, _ = client.Close(), upstream.Close()
	asking.Wait()
}

// fallSilent passes nothing on any more, on the connections that are there and, until speak, on those to come.
func (p *proxy) fallSilent() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = true
	for _, mute := range p.open {
		mute.Store(true)
	}
}

// speak serves new connections again; those that fell silent stay so, as after the reboot of a machine between.
func (p *proxy) speak() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.silent = false
}

func (p *proxy) close() {
	_ = p.lis.Close()
	p.mu.Lock()
	p.closed = true
	for conn := range p.open {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.serving.Wait()
}

// unlessMute swallows what is written while it is mute.
type unlessMute struct {
	io.Writer
	mute *atomic.Bool
}

func (w unlessMute) Write(b []byte) (int, error) {
	if w.mute.Load() {
		return len(b), nil
	}
	n, err := w.Writer.Write(b)
	if errors.Is(err, net.ErrClosed) {
		err = io.EOF
	}
	return n, err
}

type counting struct {
	io.Writer
	count *atomic.Int64
}

func (w counting) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	w.count.Add(int64(n))
	return n, err
}
