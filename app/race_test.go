package app

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/worker/workertest"
)

// A model that is being opened beside the owner, another that is removed and brought back, a run that begins: the race
// detector finds nothing that both write, and two models are never removed and open at once.
func TestRemoveModelWhileOneOpens(t *testing.T) {
	home := t.TempDir()
	c, err := openChild(home, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	opened := 0
	c.load = func(ctx context.Context, of ModelInfo) (Generator, error) {
		opened++
		time.Sleep(2 * time.Millisecond)
		return workertest.Tiny(0)
	}
	other := ModelInfo{Name: "other", Dir: filepath.Join(home, "other"), Fetched: true}
	if err := os.MkdirAll(other.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		c.AddModel(other)
		c.Open([]string{"tiny", other.Dir}[i%2])
		c.Set(func(s *Settings) { s.Steps = 2 })
		c.Generate()
		c.RemoveModel(other) // of the chosen one: refused
		c.Open("tiny")
		c.RemoveModel(other)
		c.loop(time.Millisecond)
		if n := c.Notice; n != nil && n.Action == "Undo" {
			n.Do()
		}
	}
	if !c.until(func() bool { return !c.worker.Busy() && len(c.Queue) == 0 }) || opened == 0 {
		t.Fatal("the worker does not come to rest")
	}
}
