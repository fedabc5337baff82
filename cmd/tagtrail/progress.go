package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"tagtrail/projections/runner"
)

// progress shows how far a rebuild is: as a bar to a person at a terminal, else as lines, or as a JSON document a line
// for programs.
type progress struct {
	out    io.Writer
	asJSON bool
	bars   *mpb.Progress // nil without a terminal

	mu    sync.Mutex
	bar   *mpb.Bar
	last  runner.Progress
	told  time.Time
	began time.Time
	from  runner.Progress // where this process began
}

// tellEvery is the pause between two lines of one phase.
const tellEvery = 2 * time.Second

func newProgress(c *cobra.Command, asJSON bool) *progress {
	p := &progress{out: c.ErrOrStderr(), asJSON: asJSON, began: time.Now()}
	if asJSON {
		p.out = c.OutOrStdout()
	} else if isTerminal(p.out) {
		p.bars = mpb.New(mpb.WithOutput(p.out), mpb.WithWidth(40), mpb.WithRefreshRate(100*time.Millisecond))
	}
	return p
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// step is what is known of a rebuild at one moment.
type step struct {
	Rebuild  string       `json:"rebuild"`
	Group    string       `json:"group"`
	Kind     runner.Kind  `json:"kind"`
	Phase    runner.Phase `json:"phase"`
	Position uint64       `json:"position"`
	Target   uint64       `json:"target"`
	Events   int64        `json:"events"`
	Rate     float64      `json:"events_per_second"`
	Left     float64      `json:"seconds_left"`
}

func (p *progress) see(r runner.Rebuild, now runner.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh := now.Phase != p.last.Phase
	if p.from.Phase != now.Phase && now.Phase == runner.Building {
		p.from, p.began = now, time.Now()
	}
	p.last = now
	if p.bars != nil {
		p.draw(r, now)
		return
	}
	if !fresh && time.Since(p.told) < tellEvery {
		return
	}
	p.told = time.Now()
	rate, left := p.pace()
	if p.asJSON {
		line, _ := json.Marshal(step{ // numbers and names always encode
			Rebuild: r.ID.String(), Group: r.Group, Kind: r.Kind, Phase: now.Phase, Position: uint64(now.Position), Target: uint64(now.Target),
			Events: now.Events, Rate: rate, Left: left.Seconds(),
		})
		_, _ = fmt.Fprintf(p.out, "%s\n", line)
		return
	}
	_, _ = fmt.Fprintf(p.out, "%s %s: %s\n", r.Kind, r.Group, p.words(now))
}

// words says how far it is, as in "building, at 1200 of 5000, 800 events/s, 5s left".
func (p *progress) words(now runner.Progress) string {
	said := string(now.Phase)
	if now.Target > 0 {
		said += fmt.Sprintf(", at %d of %d", now.Position, now.Target)
	}
	if rate, left := p.pace(); rate > 0 && now.Phase == runner.Building {
		said += fmt.Sprintf(", %.0f events/s, %s left", rate, left)
	}
	return said
}

// pace answers how many events were projected in a second, and how long the rest takes at that pace.
func (p *progress) pace() (rate float64, left time.Duration) {
	took := time.Since(p.began).Seconds()
	if took <= 0 || p.last.Events == 0 {
		return 0, 0
	}
	rate = float64(p.last.Events) / took
	if gone := float64(p.last.Position) - float64(p.from.Position); gone > 0 && p.last.Target > p.last.Position {
		left = time.Duration(float64(p.last.Target-p.last.Position) / gone * took * float64(time.Second)).Round(time.Second)
	}
	return rate, left
}

func (p *progress) draw(r runner.Rebuild, now runner.Progress) {
	if p.bar == nil {
		p.bar = p.bars.AddBar(0,
			mpb.PrependDecorators(decor.Name(string(r.Kind)+" "+r.Group)),
			mpb.AppendDecorators(decor.Percentage(), decor.Any(func(decor.Statistics) string {
				p.mu.Lock()
				defer p.mu.Unlock()
				return " " + p.words(p.last)
			})),
		)
	}
	p.bar.SetTotal(int64(now.Target)+1, false) //nolint:gosec // positions stay far below the half of 64 bits
	p.bar.SetCurrent(int64(now.Position))      //nolint:gosec // as above
}

// end leaves the bar as it is.
func (p *progress) end() {
	if p.bars == nil {
		return
	}
	p.mu.Lock()
	bar := p.bar
	p.mu.Unlock()
	if bar != nil {
		bar.Abort(false)
	}
	p.bars.Wait()
}
