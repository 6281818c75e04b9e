package app

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"nirvana/app/trajectory"
)

// heap is what is held after everything that can be let go of was.
func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// resident is the program's memory as the system counts it, bytes; 0 where it does not say.
func resident() int {
	text, err := os.ReadFile("/proc/self/statm")
	var pages [2]int
	if err != nil {
		return 0
	}
	fmt.Sscan(string(text), &pages[0], &pages[1])
	return pages[1] * os.Getpagesize()
}

// TestADayOfGenerating makes as many pictures as a day does (NIRVANA_SOAK says
// how many; 300 show as much in seconds) and wants heap, goroutines and the state
// on the disk as they were after the first ones.
func TestADayOfGenerating(t *testing.T) {
	runs := 300
	if testing.Short() {
		runs = 90
	}
	fmt.Sscan(os.Getenv("NIRVANA_SOAK"), &runs)
	home := t.TempDir()
	c := studioAt(t, home)
	c.Set(func(s *Settings) { s.Steps = 8 })
	stateFiles := func() int { files, _ := os.ReadDir(filepath.Join(home, "state")); return len(files) }
	var early, files, goroutines, memory int
	for i := 1; i <= runs; i++ {
		before := c.Run()
		c.Set(func(s *Settings) { s.Prompt = fmt.Sprint("picture ", i) })
		c.Generate()
		if !c.until(func() bool { return c.run().ID == i && c.run().State == Finished }) {
			t.Fatal("a run does not end")
		}
		if before != nil && before.Steps != nil {
			t.Fatal("an earlier run holds its steps still")
		}
		if i%10 == 0 { // now and then one is kept, and painted over
			c.Tray.Keep()
			strokeThrough(c.Document, Brush{Size: 4, Opacity: 1}, [2]float32{1, 1}, [2]float32{6, 6})
			c.Document.Clear()
			c.NewDocument()
		}
		if i == runs/3 {
			c.until(func() bool { return c.Keeper.Quiet() })
			early, files, goroutines, memory = heap(), stateFiles(), runtime.NumGoroutine(), resident()
		}
	}
	c.until(func() bool { return c.Keeper.Quiet() })
	late := heap()
	t.Logf("%d and %d goroutines, %d and %d MiB resident", goroutines, runtime.NumGoroutine(), memory>>20, resident()>>20)
	t.Logf("heap %d KiB after %d runs, %d KiB after %d; %d and %d state files", early>>10, runs/3, late>>10, runs, files, stateFiles())
	if late > early+early/4+512<<10 {
		t.Errorf("the heap grew from %d to %d KiB", early>>10, late>>10)
	}
	if n := runtime.NumGoroutine(); n > goroutines+4 {
		t.Errorf("%d goroutines have become %d", goroutines, n)
	}
	if n := stateFiles(); n > files+64 {
		t.Errorf("the state grew from %d to %d files", files, n)
	}
	all, err := c.Keeper.Current().Names("step/")
	last, _ := c.Keeper.Current().Names(fmt.Sprintf("step/%d/0/", runs))
	if err != nil || len(all) != len(last) {
		t.Errorf("%d steps of earlier runs are in the journal still (%v)", len(all)-len(last), err)
	}
	if n, _ := c.History.Count(""); n != runs {
		t.Errorf("%d of %d pictures are in the history", n, runs)
	}
}

// TestStepsAreSpilled bounds the memory of one long run: what is let go of comes back from the journal.
func TestStepsAreSpilled(t *testing.T) {
	c := studioAt(t, t.TempDir())
	c.Set(func(s *Settings) { s.Steps, s.Width, s.Height = 20, 64, 64 })
	c.Generate()
	if !c.until(func() bool { return c.Run() != nil && c.Run().State == Finished }) {
		t.Fatal("the run does not end")
	}
	r := c.Run()
	want := digestOf(r.Steps[3].X)
	bytes := 4 * (len(r.Steps[3].X.Data) + len(r.Steps[3].X0.Data))
	trajectory.Spill(r.Steps, 5*bytes)
	held := 0
	for _, s := range r.Steps {
		if s.X.Data != nil {
			held++
		}
	}
	r.Show(3)
	if s, _, _ := r.Shown(); digestOf(s.X) == want {
		t.Error("a step that was let go of is here at once: the window read the journal")
	}
	c.until(func() bool { s, _, _ := r.Shown(); return digestOf(s.X) == want })
	if s, i, ok := r.Shown(); held > 6 || !ok || i != 3 || digestOf(s.X) != want || s.Noisy(0) == nil {
		t.Errorf("%d steps are held; step %d came back", held, i)
	}
}
