package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/graph"
)

// Options are a pool's options; zero values are the defaults.
type Options struct {
	// First is how long a server may take for its first call of a network, which it may have to load, Least for any.
	// 0: 5 minutes and 20 seconds.
	First, Least time.Duration
	// Patience is how long a call waits for a server to come back where none is available. 0: 30 seconds.
	Patience time.Duration
}

// slower is how many times its slowest call so far a server may take before it counts as hung.
const slower = 8

// Pool is servers that run the same networks. It is safe for concurrent use.
type Pool struct {
	options Options
	members []*member
	line    line
}

// member is one server of a pool.
type member struct {
	server Server
	client client

	mu       sync.Mutex
	info     Info
	busy     int
	urgent   bool                     // its last call was one that somebody waited for
	left     time.Time                // when the last call left it
	answered time.Time                // when it answered last
	begun    map[string]bool          // the first call was answered: it may have loaded the network, so it is not measured
	pace     map[string]time.Duration // time of a call that waits for no other there, by network; 0 until it is measured
	slowest  map[string]time.Duration
	down     time.Time // not used until then
	fails    int
	lied     error // not used any more
}

// Connect makes a pool of servers; it sends nothing yet.
func Connect(servers []Server, o Options) (*Pool, error) {
	if o.First == 0 {
		o.First = 5 * time.Minute
	}
	if o.Least == 0 {
		o.Least = 20 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	p := &Pool{options: o}
	for _, s := range servers {
		c, err := s.dial()
		if err != nil {
			p.Close()
			return nil, err
		}
		p.members = append(p.members, &member{server: s, client: c, begun: map[string]bool{}, pace: map[string]time.Duration{}, slowest: map[string]time.Duration{}})
	}
	if len(p.members) == 0 {
		return nil, fault.Server.Errorf("no server is named")
	}
	return p, nil
}

// Len is how many servers there are.
func (p *Pool) Len() int { return len(p.members) }

// Close ends the connections.
func (p *Pool) Close() error {
	var errs []error
	for _, m := range p.members {
		errs = append(errs, m.client.close())
	}
	return errors.Join(errs...)
}

// String names the available servers, with their software.
func (p *Pool) String() string {
	var out []string
	for _, m := range p.members {
		m.mu.Lock()
		name := m.server.Address
		if m.info.Name != "" {
			name += " (" + strings.TrimSpace(m.info.Name+" "+m.info.Version) + ")"
		}
		if m.lied == nil {
			out = append(out, name)
		}
		m.mu.Unlock()
	}
	return strings.Join(out, ", ")
}

// checking is how long a server may take to list its networks.
const checking = 15 * time.Second

// Check asks every server whether it is ready and whether its network has the expected inputs and outputs, as far as
// axes are fixed. It returns the ports as the servers declare them, and what is wrong with those that will not be
// used; it fails where none is left.
func (p *Pool) Check(ctx context.Context, model string, in, out []engine.Port) (inputs, outputs []engine.Port, wrong []string, err error) {
	var errs []error
	for _, m := range p.members {
		if m.out() != nil {
			continue
		}
		meta, err := m.check(ctx, model, in, out)
		if ctx.Err() != nil {
			return nil, nil, nil, ctx.Err()
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", m.server.Address, err)
			errs, wrong = append(errs, err), append(wrong, err.Error())
			m.fail(lie{err})
			continue
		}
		if inputs == nil {
			inputs, outputs = meta.Inputs, meta.Outputs
		} else if same := samePorts(meta.Inputs, inputs) == nil && samePorts(meta.Outputs, outputs) == nil && sameTypes(meta.Inputs, inputs); !same {
			err := fmt.Errorf("%s: its %s is not the other servers'", m.server.Address, model)
			wrong = append(wrong, err.Error())
			m.fail(lie{err})
		}
	}
	if inputs == nil {
		return nil, nil, wrong, fault.Server.Mark(errors.Join(errs...))
	}
	return inputs, outputs, wrong, nil
}

// Ask says what the one server of a pool calls itself, and which of the networks it has ready, by their names.
func (p *Pool) Ask(ctx context.Context, networks []string) (info Info, has []string, err error) {
	m := p.members[0]
	if info, err = m.client.info(ctx); err != nil {
		return info, nil, fault.Server.Errorf("%s: %w", m.server.Address, err)
	}
	for _, name := range networks {
		if _, err := m.client.metadata(ctx, name); err == nil {
			has = append(has, name)
		}
	}
	return info, has, ctx.Err()
}

func (m *member) check(ctx context.Context, model string, in, out []engine.Port) (Metadata, error) {
	ctx, cancel := context.WithTimeout(ctx, checking)
	defer cancel()
	info, err := m.client.info(ctx)
	if err != nil {
		return Metadata{}, err
	}
	meta, err := m.client.metadata(ctx, model)
	if err != nil {
		return meta, err
	}
	if meta.Name != "" && meta.Name != model {
		return meta, lied("asked for %s, it describes %s", model, short(meta.Name))
	}
	if err := errors.Join(samePorts(meta.Inputs, in), samePorts(meta.Outputs, out)); err != nil {
		return meta, lied("its %s is another network than this model's: %w", model, err)
	}
	m.mu.Lock()
	m.info = info
	m.mu.Unlock()
	return meta, nil
}

// samePorts is the difference between a server's ports and the expected ones; nil where they are compatible.
func samePorts(theirs, ours []engine.Port) error {
	for _, p := range ours {
		i := slices.IndexFunc(theirs, func(t engine.Port) bool { return t.Name == p.Name })
		if i < 0 {
			return fmt.Errorf("it has no %s", p.Name)
		}
		t := theirs[i]
		if t.Type == "" {
			return fmt.Errorf("%s is of a type that is not known here", p.Name)
		}
		if len(t.Shape) != len(p.Shape) && p.Shape != nil {
			return fmt.Errorf("%s has %d axes and should have %d", p.Name, len(t.Shape), len(p.Shape))
		}
		for a, n := range p.Shape {
			if n > 0 && t.Shape[a] > 0 && n != t.Shape[a] {
				return fmt.Errorf("%s has the shape %v and should have %v", p.Name, t.Shape, p.Shape)
			}
		}
	}
	if len(theirs) != len(ours) {
		return fmt.Errorf("it has %d inputs or outputs and should have %d", len(theirs), len(ours))
	}
	return nil
}

func sameTypes(a, b []engine.Port) bool {
	return !slices.ContainsFunc(a, func(p engine.Port) bool {
		return !slices.ContainsFunc(b, func(q engine.Port) bool { return p.Name == q.Name && p.Type == q.Type })
	})
}

func (m *member) out() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lied
}

// fail records that a call failed: the server is not used for a while, which grows; one that lied for good.
func (m *member) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var l lie
	if errors.As(err, &l) {
		m.lied = err
	}
	m.fails++
	m.down = time.Now().Add(min(time.Second<<min(m.fails-1, 6), time.Minute))
}

// took records how long a call took. What counts as the server's pace is the time since its last answer, where the call
// waited for that there.
func (m *member) took(model string, began time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	whole, d := now.Sub(began), now.Sub(latest(began, m.answered))
	m.fails, m.down, m.answered = 0, time.Time{}, now
	if !m.begun[model] {
		m.begun[model] = true
		return
	}
	m.slowest[model] = max(m.slowest[model], whole)
	if was, known := m.pace[model]; known {
		d = (3*was + d) / 4
	}
	m.pace[model] = max(d, 1)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// allowed is how long a call may take.
func (m *member) allowed(model string, o Options) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.begun[model] {
		return o.First
	}
	return max(o.Least, slower*m.slowest[model])
}

// call runs a network once, on any server: where one fails, on another, and where none is left it waits for one to
// come back.
func (p *Pool) call(ctx context.Context, model string, inputs []array, outputs []string, most int, read func([]array) ([]engine.Tensor, error)) ([]engine.Tensor, error) {
	c := &pending{model: model, later: func() bool { return graph.Later(ctx) }}
	defer p.line.leave(c)
	last := errors.New("no server can be asked")
	var without time.Time // since when there has been no server
	for {
		m, again := p.choose(c)
		if m == nil && again == 0 {
			var none nonsense
			if without.IsZero() {
				without = time.Now()
			}
			if p.allLied() || errors.As(last, &none) || time.Since(without) > p.options.Patience {
				return nil, fault.Server.Mark(last)
			}
			again = 200 * time.Millisecond
		} else {
			without = time.Time{}
		}
		if m == nil {
			if err := p.line.wait(ctx, again); err != nil {
				return nil, err
			}
			continue
		}
		t, err := m.call(ctx, model, inputs, outputs, most, p.options, read)
		p.line.move()
		if err == nil || ctx.Err() != nil {
			return t, errors.Join(err, ctx.Err())
		}
		last = fmt.Errorf("%s: %s: %w", m.server.Address, model, err)
		if none := (nonsense{}); !errors.As(err, &none) {
			m.fail(err)
		}
		c.tried = append(c.tried, m)
	}
}

func (p *Pool) allLied() bool {
	return !slices.ContainsFunc(p.members, func(m *member) bool { return m.out() == nil })
}

func (m *member) call(ctx context.Context, model string, inputs []array, outputs []string, most int, o Options, read func([]array) ([]engine.Tensor, error)) ([]engine.Tensor, error) {
	defer func() {
		m.mu.Lock()
		m.busy--
		m.left = time.Now()
		m.mu.Unlock()
	}()
	allowed := m.allowed(model, o)
	ctx, cancel := context.WithTimeoutCause(ctx, allowed, fmt.Errorf("no answer within %v", allowed.Round(time.Second)))
	defer cancel()
	began := time.Now()
	a, err := m.client.infer(ctx, model, inputs, outputs, most)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, err
	}
	t, err := read(a)
	if err == nil {
		m.took(model, began)
	}
	return t, err
}
