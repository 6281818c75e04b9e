package remote

import (
	"testing"
	"time"
)

// servers is a pool whose servers take so long for a call; 0: nobody has measured them.
func servers(paces ...time.Duration) *Pool {
	p := &Pool{}
	for _, d := range paces {
		m := &member{begun: map[string]bool{}, pace: map[string]time.Duration{}, slowest: map[string]time.Duration{}}
		if d > 0 {
			m.pace["unet"] = d
		}
		p.members = append(p.members, m)
	}
	return p
}

func waits(later bool) *pending { return &pending{model: "unet", later: func() bool { return later }} }

// chosen are the servers that so many calls get, one after the other, without an answer; -1: it waits.
func chosen(p *Pool, calls int) (out []int) {
	for range calls {
		m, _ := p.choose(waits(false))
		at := -1
		for i, o := range p.members {
			if o == m {
				at = i
			}
		}
		out = append(out, at)
	}
	return out
}

// Calls go where they are answered first, by what each server was measured to do; two at a time, the others wait here.
func TestChoose(t *testing.T) {
	for name, c := range map[string]struct {
		paces []time.Duration
		want  []int
	}{
		"alike":           {[]time.Duration{time.Second, time.Second}, []int{0, 1, 0, 1, -1, -1}},
		"twice as quick":  {[]time.Duration{2 * time.Second, time.Second}, []int{1, 0, 1, -1, 0}},
		"ten times":       {[]time.Duration{10 * time.Second, time.Second}, []int{1, 1, -1}},
		"one is unknown":  {[]time.Duration{time.Second, 0}, []int{1, 0, 0, 1, -1}},
		"nobody is known": {[]time.Duration{0, 0}, []int{0, 1, 0, 1, -1}},
		"one alone":       {[]time.Duration{time.Second}, []int{0, 0, -1}},
	} {
		got := chosen(servers(c.paces...), len(c.want))
		for i := range c.want {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", name, got, c.want)
				break
			}
		}
	}
}

// What waits for a quick server goes to a slow one once so many are before it that it is answered there first.
func TestChooseQueue(t *testing.T) {
	p := servers(5*time.Second, time.Second)
	var slow int
	for range 8 {
		if m, _ := p.choose(waits(false)); m == p.members[0] {
			slow++
		}
	}
	if slow != 1 || p.members[1].busy != ahead || len(p.line.calls) != 5 {
		t.Errorf("%d calls on the slow one, %d on the quick one, %d wait", slow, p.members[1].busy, len(p.line.calls))
	}
}

// Calls that nobody waits for take idle servers only, come after the others, and leave a server for a moment to the run that
// had it last.
func TestChooseLater(t *testing.T) {
	p := servers(time.Minute, time.Minute)
	now, later := waits(false), waits(true)
	m, _ := p.choose(now)
	if m != p.members[0] {
		t.Fatal("the first server was free")
	}
	if m, _ := p.choose(later); m != p.members[1] {
		t.Error("the second server was free")
	}
	if m, again := p.choose(waits(true)); m != nil || again <= 0 {
		t.Error("no server was free")
	}
	if m, _ := p.choose(waits(false)); m == nil {
		t.Error("a call that somebody waits for may be on its way beside another")
	}
	p = servers(time.Minute, time.Minute)
	for _, m := range p.members {
		m.urgent, m.left = true, time.Now()
	}
	if m, again := p.choose(waits(true)); m != nil || again <= 0 || again > 6*time.Second {
		t.Errorf("it took the server of the run that is waited for, or waits %v", again)
	}
	for _, m := range p.members {
		m.left = time.Now().Add(-7 * time.Second)
	}
	if m, _ := p.choose(waits(true)); m == nil {
		t.Error("nobody came back")
	}
}

// The pace of a server is that of its answers where calls wait there.
func TestPace(t *testing.T) {
	m := servers(0).members[0]
	began := time.Now().Add(-10 * time.Second)
	m.took("unet", began) // may have loaded the network
	m.answered = time.Now().Add(-2 * time.Second)
	m.took("unet", began)
	if d := m.pace["unet"]; d < 1900*time.Millisecond || d > 3*time.Second || m.slowest["unet"] < 9*time.Second {
		t.Errorf("pace %v, slowest %v", d, m.slowest["unet"])
	}
}
