package app

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/app/disk"
	"nirvana/app/project"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

const crashSteps = 12

// The line that a child prints of a change: what it is, and the state's digest after it.
func crashChild(home, seed string) {
	c, err := openChild(home, time.Millisecond)
	if err != nil || !offers(c.Notice) {
		fmt.Println("error", err, c.Notice)
		os.Exit(1)
	}
	at := func(when time.Time, kind string, args ...any) {
		fmt.Println(append([]any{kind, when.UnixMilli()}, args...)...)
	}
	say := func(kind string, args ...any) { at(time.Now(), kind, args...) }
	c.Observe(func(ch Change) {
		if r := c.Run(); ch&ChangedStep != 0 && r != nil && len(r.Steps) > 0 {
			s := r.Steps[len(r.Steps)-1]
			say("step", r.ID, r.Index, s.Index, digestOf(s.X))
		}
		if ch&ChangedHistory != 0 {
			n, _ := c.History.Count("")
			say("stored", n)
		}
	})
	go starved(func(gap time.Duration) { say("starved", gap.Milliseconds()) })
	say("op", c.digest())
	c.Resume()
	if c.Document.Picture == nil {
		c.Document.Set(noisy(300, 200, 1))
	}
	var n uint64
	fmt.Sscan(seed, &n)
	random := rand.New(rand.NewPCG(n, 1))
	c.Set(func(t *Settings) { t.Steps = crashSteps })
	say("op", c.digest())
	say("ready")
	for i := 1; ; i++ {
		switch random.IntN(8) {
		case 0, 1, 2:
			c.Document.BeginStroke(Brush{Size: 5 + 20*random.Float32(), Opacity: 1, Erase: i%5 == 0, Scribble: random.IntN(3) == 0, Select: random.IntN(4) == 0}, 300*random.Float32(), 200*random.Float32())
			for range 3 {
				c.Document.StrokeTo(300*random.Float32(), 200*random.Float32())
				c.loop(time.Millisecond)
			}
			c.Document.EndStroke()
		case 3:
			c.Undo()
		case 4:
			c.Document.Place(plain(40, 30, color.RGBA{uint8(i), 200, 0, 255}), image.Pt(random.IntN(200), random.IntN(150)))
		case 5:
			if len(c.Queue) == 0 && !c.Run().Active() {
				c.Document.SetFrame(image.Rect(-1000, -1000, -936, -936)) // beside the picture: from the prompt
				c.Generate()
			}
		case 6:
			if random.IntN(4) > 0 {
				break
			}
			c.SaveProject(filepath.Join(home, "project.ora"), func(err error) {
				if err == nil {
					say("saved")
				}
			})
		case 7:
			c.Tray.Keep()
		}
		say("op", c.digest())
		number := fmt.Sprintf("%s.%d", seed, i)
		when := time.Now()
		c.Set(func(t *Settings) { t.Prompt, t.Steps = number, crashSteps })
		at(when, "change", number, c.digest())
		c.loop(time.Duration(random.IntN(8)) * time.Millisecond)
	}
}

// starved tells when the machine gives the program so little time that no promise of 250 ms can be kept: when nothing of
// it ran for 120 ms, or its threads together waited for a processor for 60 ms of the last 100.
func starved(tell func(time.Duration)) {
	waited := waiting()
	for last, n := time.Now(), 0; ; n++ {
		time.Sleep(10 * time.Millisecond)
		now := time.Now()
		if gap := now.Sub(last); gap > 120*time.Millisecond {
			tell(gap)
		}
		if last = now; n%10 == 9 {
			total := waiting()
			if gap := total - waited; gap > 60*time.Millisecond {
				tell(gap)
			}
			waited = total
		}
	}
}

// waiting is how long this program's threads have been ready to run and did not, as Linux counts it; 0 elsewhere.
func waiting() (total time.Duration) {
	threads, _ := filepath.Glob("/proc/self/task/*/schedstat")
	for _, path := range threads {
		var ran, waited int64
		if text, err := os.ReadFile(path); err == nil {
			fmt.Sscan(string(text), &ran, &waited)
		}
		total += time.Duration(waited)
	}
	return total
}

// scribbleOf is the scribble under the picture.
func scribbleOf(d *Document) *image.Gray {
	if d.Scribble == nil {
		return image.NewGray(d.Picture.Rect)
	}
	return pixel.CropMask(d.Scribble, d.Picture.Rect)
}

// digest is of everything that has to come back with a prompt. The undo steps of
// prompt and settings are not among them: they are not kept over a restart.
func (c *child) digest() string {
	h := sha256.New()
	d := c.Document
	done, undone := d.Steps()
	fmt.Fprint(h, d.Frame, d.CanUndo(), done, undone)
	if d.Picture != nil {
		h.Write(d.Picture.Pix)
		h.Write(d.Mask.Pix)
		h.Write(scribbleOf(d).Pix)
		if d.Selected() {
			h.Write(d.Selection.Pix)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

func digestOf(x engine.Tensor) string {
	h := sha256.New()
	for _, v := range x.Data {
		h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)))
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

// TestKill kills a program that paints, generates and saves, at 200 moments,
// each time going on with what the last one left. Each time everything older
// than 250 ms, every step that was shown and every finished picture is there.
func TestKill(t *testing.T) {
	if home := os.Getenv("NIRVANA_CRASH_HOME"); home != "" {
		crashChild(home, os.Getenv("NIRVANA_CRASH_SEED"))
	}
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	home := t.TempDir()
	random := rand.New(rand.NewPCG(7, 7))
	steps, resumed, late, starved := 0, 0, 0, 0
	var lost []time.Duration
	for round := range rounds {
		if round%40 == 39 {
			home = t.TempDir()
		}
		after := 5 + random.IntN(150)
		if round%8 == 7 {
			after += 350
		}
		log := killed(t, home, round, time.Duration(after)*time.Millisecond)
		log.check(t, home, round)
		steps += log.steps
		lost = append(lost, log.lost)
		if log.active {
			resumed++
		}
		switch {
		case log.late && log.starved:
			starved++
		case log.late:
			late++
		}
		if t.Failed() {
			return
		}
	}
	slices.Sort(lost)
	t.Logf("%d kills: the oldest change that was lost is %v old in the median, %v at nine of ten, %v at most", rounds, lost[rounds/2], lost[rounds*9/10], lost[rounds-1])
	if late > 0 {
		t.Errorf("%d of %d kills lost changes older than 250 ms, not counting %d where the machine gave the program no time", late, rounds, starved)
	}
	t.Logf("%d steps shown before the kills, %d kills within a run, %d of %d too late, %d starved", steps, resumed, late, rounds, starved)
	if steps < rounds/2 || resumed < rounds/20 {
		t.Errorf("the kills hit %d steps and %d runs: too few to mean anything", steps, resumed)
	}
}

// crashLog is what a child said.
type crashLog struct {
	lines  [][]string
	killed int64
	steps  int
	active bool
	late   bool          // a change older than 250 ms is not there
	lost   time.Duration // the age of the oldest change that is not there; 0: none
	// starved: within the half second before the kill, the program waited for the machine's processors.
	starved bool
}

func killed(t *testing.T, home string, round int, after time.Duration) *crashLog {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
	cmd.Env = append(os.Environ(), "NIRVANA_CRASH_HOME="+home, fmt.Sprintf("NIRVANA_CRASH_SEED=%d", round))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer guard.Stop()
	log, dead := &crashLog{}, make(chan struct{})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) > 0 && words[0] == "error":
			t.Fatal(lines.Text())
		case len(words) > 1:
			log.lines = append(log.lines, words)
		}
		if words[0] == "ready" {
			time.AfterFunc(after, func() {
				log.killed = time.Now().UnixMilli()
				cmd.Process.Kill()
				close(dead)
			})
		}
	}
	cmd.Wait()
	<-dead
	return log
}

func (l *crashLog) check(t *testing.T, home string, round int) {
	t.Helper()
	c, err := openChild(home, 0)
	if err != nil || !offers(c.Notice) {
		t.Fatalf("round %d: %v %+v", round, err, c.Notice)
	}
	defer c.Close()
	stored, _ := c.History.Count("")
	older, digests, last := "", map[string][]string{}, ""
	var step []string
	for _, w := range l.lines {
		var when int64
		fmt.Sscan(w[1], &when)
		switch w[0] {
		case "change":
			digests[w[2]], last = append(digests[w[2]], w[3]), w[2]
			if when < l.killed-250 {
				older = w[2]
			}
		case "op":
			digests[last] = append(digests[last], w[2])
		case "starved":
			l.starved = l.starved || when > l.killed-500
		case "step":
			step = w
			l.steps++
		case "stored":
			var n int
			if fmt.Sscan(w[2], &n); stored < n {
				t.Errorf("round %d: the history has %d pictures, %d were told", round, stored, n)
			}
		}
	}
	var got, want int
	fmt.Sscanf(older, fmt.Sprintf("%d.%%d", round), &want)
	fmt.Sscanf(c.Settings.Prompt, fmt.Sprintf("%d.%%d", round), &got)
	l.late = got < want
	for _, w := range l.lines {
		var n int
		var when int64
		if fmt.Sscan(w[1], &when); w[0] == "change" {
			if fmt.Sscanf(w[2], fmt.Sprintf("%d.%%d", round), &n); n > got {
				l.lost = max(l.lost, time.Duration(l.killed-when)*time.Millisecond)
			}
		}
	}
	for _, w := range l.lines {
		if w[0] == "saved" {
			if _, err := project.Read(disk.OS{}, filepath.Join(home, "project.ora")); err != nil {
				t.Errorf("round %d: the project that was saved: %v", round, err)
			}
			break
		}
	}
	l.checkStep(t, c, step, round)
	from := c.Settings.Prompt
	if got == 0 {
		from = "" // as the last program left it
	}
	l.checkWhole(t, c, digests[from], round)
}

// checkStep wants the last step that was shown, or the picture that it led to.
func (l *crashLog) checkStep(t *testing.T, c *child, w []string, round int) {
	t.Helper()
	if w == nil {
		return
	}
	var run, index, step int
	fmt.Sscan(strings.Join(w[2:5], " "), &run, &index, &step)
	for _, r := range append(slices.Clone(c.Interrupted), c.Suspects...) {
		if r.ID != run {
			continue
		}
		l.active = true
		if _, at := r.Reached(); at < step {
			t.Errorf("round %d: step %d was shown, %d came back", round, step, at)
		}
		for _, s := range r.Past {
			if s.Index == step && digestOf(s.X) != w[5] {
				t.Errorf("round %d: step %d is another", round, step)
			}
		}
		return
	}
	if step < crashSteps {
		t.Errorf("round %d: the run of step %d is not there", round, step)
	}
}

// checkWhole wants picture, mask and undo of one moment, never halves of two,
// and every undo step with its contents. Within a stroke they are those of no change.
func (l *crashLog) checkWhole(t *testing.T, c *child, digests []string, round int) {
	t.Helper()
	top := c.CanUndo()
	if now := c.digest(); len(digests) > 0 && !slices.Contains(digests, now) && top != "brush" && top != "eraser" {
		_, undone := c.Document.Steps()
		t.Errorf("round %d: picture, mask and undo steps are not of one moment (last %q, prompt %q, %d undone)", round, top, c.Settings.Prompt, undone)
	}
	for n := 0; c.Undo(); n++ {
		if n > 1000 {
			t.Fatalf("round %d: undo has no end", round)
		}
	}
	if !offers(c.Notice) {
		t.Fatalf("round %d: %+v", round, c.Notice)
	}
}

// offers says whether a notice is none, or of a run that can be resumed or was cut off too often before its first step.
func offers(n *Notice) bool { return n == nil || n.Action == "Resume" || n.Action == "Try it anyway" }

// TestKillBusy kills the program while other programs keep all processors busy, and tells how old what was lost is. What
// is there has to be whole; how much is lost is the machine's affair, within reason. NIRVANA_KILLS is how often.
func TestKillBusy(t *testing.T) {
	if os.Getenv("NIRVANA_BUSY") != "" {
		for end := time.Now().Add(time.Minute); time.Now().Before(end); { // without the test, it ends by itself
		}
		os.Exit(0)
	}
	rounds := 8
	if n := os.Getenv("NIRVANA_KILLS"); n != "" {
		fmt.Sscan(n, &rounds)
	}
	for range 2 * runtime.NumCPU() {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKillBusy$")
		cmd.Env = append(os.Environ(), "NIRVANA_BUSY=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	}
	home, random := t.TempDir(), rand.New(rand.NewPCG(8, 8))
	var lost []time.Duration
	for round := range rounds {
		log := killed(t, home, round, time.Duration(100+random.IntN(900))*time.Millisecond)
		log.check(t, home, round)
		lost = append(lost, log.lost)
	}
	slices.Sort(lost)
	t.Logf("%d kills beside %d busy programs: the oldest change that was lost is %v old in the median, %v at nine of ten, %v at most", rounds, 2*runtime.NumCPU(), lost[rounds/2], lost[rounds*9/10], lost[rounds-1])
	if lost[rounds/2] > 500*time.Millisecond || lost[rounds-1] > 2*time.Second {
		t.Errorf("too much is lost: %v", lost)
	}
}

// A window that is busy, and gives the studio no turn, delays nothing: settings, a stroke under way, what was undone.
func TestKeptBesideABusyWindow(t *testing.T) {
	home := t.TempDir()
	c, err := openChild(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Document.Set(noisy(300, 200, 1))
	paint(c, 150, 150)
	c.Undo()
	c.Set(func(s *Settings) { s.Prompt = "typed" })
	c.Document.BeginStroke(Brush{Size: 20, Opacity: 1}, 40, 40)
	c.Document.StrokeTo(90, 60)
	mask := string(c.Document.Mask.Pix)
	time.Sleep(time.Second) // no turn of the window's goroutine
	again, err := openChild(leftBehind(t, home), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if again.Settings.Prompt != "typed" || again.Document.Picture == nil || string(again.Document.Mask.Pix) != mask || again.CanUndo() != "brush" {
		t.Errorf("prompt %q, Undo %q", again.Settings.Prompt, again.CanUndo())
	}
	if again.Undo(); string(again.Document.Mask.Pix) == mask {
		t.Error("the stroke cannot be undone")
	}
}
