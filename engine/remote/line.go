package remote

import (
	"context"
	"slices"
	"sync"
	"time"
)

// line is the calls that wait for a server, or have one. They wait here and not at the servers: a server that fails takes few
// calls with it, and whichever is free first computes the next.
type line struct {
	mu    sync.Mutex
	calls []*pending    // in the order in which they came
	moved chan struct{} // closed when something has changed; nil: nobody waits
}

// pending is a call that waits.
type pending struct {
	model string
	later func() bool // it gives way to others
	tried []*member
}

// ahead is how many calls a server has at once: one that it computes and one that is on its way to it.
const ahead = 2

// leave takes a call out that has an answer, or needs none any more.
func (l *line) leave(c *pending) {
	l.mu.Lock()
	l.calls = slices.DeleteFunc(l.calls, func(o *pending) bool { return o == c })
	l.mu.Unlock()
	l.move()
}

// move wakes those who wait.
func (l *line) move() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.moved != nil {
		close(l.moved)
		l.moved = nil
	}
}

// wait returns when something has changed, or after so long.
func (l *line) wait(ctx context.Context, most time.Duration) error {
	l.mu.Lock()
	if l.moved == nil {
		l.moved = make(chan struct{})
	}
	moved := l.moved
	l.mu.Unlock()
	select {
	case <-moved:
	case <-time.After(most):
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// candidate is a server as a call sees it.
type candidate struct {
	*member
	queue int           // calls that it has, with those that are before this one in the line
	each  time.Duration // the time of one; 0: not known
	guess time.Duration // in its place
}

// expected is when the server would have answered one more call. One whose pace is not known is tried where it is free.
func (c candidate) expected() time.Duration {
	each := c.each
	if each == 0 && c.queue > 0 {
		each = c.guess
	}
	return time.Duration(c.queue+1) * each
}

// choose gives a call the server that is expected to answer it first, once its turn has come there. A nil server and a time:
// it waits, at most so long; a nil server and 0: there is none.
func (p *Pool) choose(c *pending) (m *member, again time.Duration) {
	p.line.mu.Lock()
	defer p.line.mu.Unlock()
	if !slices.Contains(p.line.calls, c) {
		p.line.calls = append(p.line.calls, c)
	}
	servers := p.candidates(c.model)
	for _, o := range p.line.before(c) {
		if i := soonest(servers, o.tried); i >= 0 {
			servers[i].queue++
		}
	}
	i := soonest(servers, c.tried)
	if i < 0 {
		c.tried = nil
		return nil, 0
	}
	s, later := servers[i], c.later()
	if later && s.queue > 0 || s.queue >= ahead {
		return nil, 200 * time.Millisecond
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if rest := time.Until(s.left.Add(s.each / 10)); later && s.urgent && rest > 0 {
		return nil, rest // the run that is waited for comes back with its next call
	}
	s.busy++
	s.urgent = !later
	p.line.calls = slices.DeleteFunc(p.line.calls, func(o *pending) bool { return o == c })
	return s.member, 0
}

// before are the calls that wait before this one: those that give way come last.
func (l *line) before(c *pending) (out []*pending) {
	later, passed := c.later(), false
	for _, o := range l.calls {
		switch {
		case o == c:
			passed = true
		case o.later() == later && !passed || later && !o.later():
			out = append(out, o)
		}
	}
	return out
}

// candidates are the usable servers. One whose pace is not known is taken to be as quick as the quickest where it is busy.
func (p *Pool) candidates(model string) (out []candidate) {
	quickest := time.Duration(1)
	for _, m := range p.members {
		m.mu.Lock()
		if m.lied == nil && !time.Now().Before(m.down) {
			out = append(out, candidate{member: m, queue: m.busy, each: m.pace[model]})
			if d := m.pace[model]; d > 0 && (quickest == 1 || d < quickest) {
				quickest = d
			}
		}
		m.mu.Unlock()
	}
	for i := range out {
		out[i].guess = quickest
	}
	return out
}

// soonest is the server of those not tried yet that is expected to answer first; -1: there is none.
func soonest(servers []candidate, tried []*member) int {
	best := -1
	for i, s := range servers {
		if slices.Contains(tried, s.member) {
			continue
		}
		if best < 0 || s.expected() < servers[best].expected() || s.expected() == servers[best].expected() && s.queue < servers[best].queue {
			best = i
		}
	}
	return best
}
