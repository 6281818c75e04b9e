package onnx

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/app/bench/network"
	"nirvana/engine"
	"nirvana/models"
)

// offer puts made-up providers in the place of the real ones. "fine" is the processor under another name.
func offer(t *testing.T, names ...string) {
	t.Helper()
	was := candidates
	t.Cleanup(func() { candidates = was })
	candidates = nil
	for _, name := range names {
		on := func(*Runtime, *ort.SessionOptions) error { return nil }
		if name == "broken" { // its sessions do not open
			on = func(_ *Runtime, o *ort.SessionOptions) error {
				return o.SetOptimizedModelFilePath("/nowhere/at/all.onnx")
			}
		}
		candidates = append(candidates, struct {
			name string
			on   func(*Runtime, *ort.SessionOptions) error
		}{name, on})
	}
	verified := shared.verified
	shared.verified = nil
	t.Cleanup(func() { shared.verified = verified })
}

// clock puts made-up speeds in the place of measured ones, and counts the measurements.
func clock(t *testing.T, seconds map[string]float64) *int {
	t.Helper()
	was, n := yardstick, 0
	t.Cleanup(func() { yardstick = was })
	yardstick = func(_ *Runtime, provider string) (float64, error) {
		n++
		if s := seconds[provider]; s > 0 {
			return s, nil
		}
		return 0, errors.New("it stopped")
	}
	return &n
}

// The quickest provider that works is chosen, measured once, and again when what it rests on changes.
func TestQuickest(t *testing.T) {
	offer(t, "fine", "slow", "stops")
	n := clock(t, map[string]float64{"fine": 0.1, "slow": 0.9, CPU: 1})
	home := t.TempDir()
	cache, file := filepath.Join(home, "graphs"), filepath.Join(home, "providers.json")
	for range 2 {
		if p, notice := shared.selectProvider(Auto, cache); p != "fine" || notice.Format != "" || *n != 4 {
			t.Errorf("%s, %q after %d measurements", p, notice, *n)
		}
	}
	was := readRanking(file, shared.identity())
	was.On = "an older driver"
	was.write(file)
	if shared.selectProvider(Auto, cache); *n != 8 {
		t.Errorf("%d measurements: a new driver was not noticed", *n)
	}
	// a little quicker than the processor is not worth it
	clock(t, map[string]float64{"fine": 0.9, CPU: 1})
	if p, _ := shared.selectProvider(Auto, t.TempDir()+"/graphs"); p != CPU {
		t.Errorf("%s for a tenth", p)
	}
}

// A provider that ended the program when it was tried is not tried again.
func TestTrialThatEndedTheProgram(t *testing.T) {
	offer(t, "fine")
	n := clock(t, map[string]float64{"fine": 0.1, CPU: 1})
	home := t.TempDir()
	file := filepath.Join(home, "providers.json")
	ranking{On: shared.identity(), Seconds: map[string]float64{}, Trying: "fine"}.write(file)
	if p, notice := shared.selectProvider(Auto, filepath.Join(home, "graphs")); p != CPU || !strings.Contains(notice.String(), "FINE") || *n != 1 {
		t.Errorf("%s, %q, %d measurements", p, notice, *n)
	}
	if p, notice := shared.selectProvider(Auto, filepath.Join(home, "graphs")); p != CPU || notice.Format != "" {
		t.Errorf("the next start: %s, %q", p, notice)
	}
	os.WriteFile(file, []byte("{"), 0o600)
	if p, _ := shared.selectProvider(Auto, filepath.Join(home, "graphs")); p != "fine" {
		t.Errorf("after a broken file: %s", p)
	}
}

// The yardstick itself runs on the processor.
func TestYardstick(t *testing.T) {
	if s, err := yardstick(shared, CPU); err != nil || s <= 0 {
		t.Errorf("%g s, %v", s, err)
	}
}

// made runs the mini network for a few steps and gives every step's x, and what was told on the way.
func made(t *testing.T, folder models.Folder, provider string, trip func(call int) error) (steps [][]float32, calls int, told []string) {
	t.Helper()
	l, err := shared.Load(folder, LoadOptions{Provider: provider})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if trip != nil {
		l.graphs["unet"].options.trip = func() error { calls++; return trip(calls) }
	}
	m, err := engine.New(l.Parts)
	if err != nil {
		t.Fatal(err)
	}
	for s, err := range m.Generate(context.Background(), engine.Request{Prompt: "a", Seed: 3, Steps: 6, Guidance: 3, Width: 64, Height: 64, KeepLatents: true}) {
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, s.X.Data)
	}
	for _, n := range append(l.Notices, l.Late()...) {
		told = append(told, n.String())
	}
	return steps, calls, told
}

// A provider that fails in the midst of a run is left at once: the processor goes on from the same step, to the same
// picture, and says so once. One that does not open is never begun with.
func TestProviderFails(t *testing.T) {
	offer(t, "fine", "broken")
	dir := t.TempDir()
	if err := network.Folder(dir, network.Mini); err != nil {
		t.Fatal(err)
	}
	folder, err := models.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	// "fine" has no prompt cut off and asks once a step, so it is compared to itself without the fault
	want, _, told := made(t, folder, "fine", nil)
	if len(told) != 0 {
		t.Errorf("without a fault: %q", told)
	}
	got, calls, told := made(t, folder, "fine", func(call int) error {
		if call == 4 {
			return errors.New("device lost\nat 0x1")
		}
		return nil
	})
	if calls != 4 {
		t.Errorf("%d calls on the provider: after the fault it was asked again", calls)
	}
	if len(told) != 1 || !strings.Contains(told[0], "device lost") || !strings.Contains(told[0], "Continuing on the CPU") || strings.Contains(told[0], "0x1") {
		t.Errorf("told %q", told)
	}
	if len(got) != len(want) {
		t.Fatalf("%d steps instead of %d", len(got), len(want))
	}
	for i := range want {
		if !near(got[i], want[i], 1e-4) {
			t.Errorf("step %d differs", i)
		}
	}
	if _, _, told = made(t, folder, "broken", nil); len(told) != 1 || !strings.Contains(told[0], "BROKEN cannot be used") {
		t.Errorf("one that does not open: %q", told)
	}
	if !slices.Contains(shared.Providers(), CPU) {
		t.Error("no processor")
	}
}
