package whatsapp

import (
	"sync"
	"sync/atomic"
)

// lanes sort work: what shares a name with something before it comes behind it
// in one lane, directly or by way of others. So two things at different lanes
// have nothing in common, and what has is still done in order.
type lanes struct {
	jobs   []func() error
	parent []int          // of a job, one before it that it shares a name with, or itself
	first  map[string]int // by name, a job that has it
}

// add appends a job that has some names. One without names has a lane to itself.
func (l *lanes) add(job func() error, names ...string) {
	if l.first == nil {
		l.first = map[string]int{}
	}
	own := len(l.jobs)
	l.jobs, l.parent = append(l.jobs, job), append(l.parent, own)
	for _, name := range names {
		if other, taken := l.first[name]; taken {
			a, b := l.root(own), l.root(other)
			l.parent[max(a, b)] = min(a, b)
		}
		l.first[name] = own
	}
}

// root answers the first job of a lane, and shortens the way to it.
func (l *lanes) root(job int) int {
	for l.parent[job] != job {
		l.parent[job] = l.parent[l.parent[job]]
		job = l.parent[job]
	}
	return job
}

// sorted answers the lanes in the order of their first jobs.
func (l *lanes) sorted() [][]func() error {
	var sorted [][]func() error
	at := map[int]int{}
	for i, job := range l.jobs {
		root := l.root(i)
		if root == i {
			at[root] = len(sorted)
			sorted = append(sorted, nil)
		}
		sorted[at[root]] = append(sorted[at[root]], job)
	}
	return sorted
}

// run does the jobs, those of at most so many lanes at a time, and answers the
// first error, after which no other job is begun. A panic goes on in whoever
// called, where there is somebody to catch it.
func (l *lanes) run(atATime int) error {
	sorted := l.sorted()
	var next atomic.Int64
	var ended atomic.Bool
	var once sync.Once
	var failure error
	var panicked any
	end := func(err error, value any) {
		once.Do(func() { failure, panicked = err, value })
		ended.Store(true)
	}
	work := func() {
		defer func() {
			if value := recover(); value != nil {
				end(nil, value)
			}
		}()
		for lane := int(next.Add(1)) - 1; lane < len(sorted); lane = int(next.Add(1)) - 1 {
			for _, job := range sorted[lane] {
				if ended.Load() {
					return
				}
				if err := job(); err != nil {
					end(err, nil)
					return
				}
			}
		}
	}
	var workers sync.WaitGroup
	for range min(atATime, len(sorted)) {
		workers.Go(work)
	}
	workers.Wait()
	if panicked != nil {
		panic(panicked)
	}
	return failure
}
