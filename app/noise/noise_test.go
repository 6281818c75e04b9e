package noise

import (
	"context"
	"errors"
	"image"
	"testing"

	"nirvana/app/document"
	"nirvana/app/library"
	"nirvana/app/notice"
	"nirvana/app/opening"
	"nirvana/app/panel"
	"nirvana/app/settings"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine"
)

// A view shows the present picture, shows the old timestep until the next one is computed, and denoises from its
// timestep with a constant seed.
func TestView(t *testing.T) {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	var sight tray.Sight
	sight.Document = document.New(image.Rect(0, 0, 16, 16), document.Hooks{})
	sight.Tray = tray.New(tray.Hooks{Changed: func(bool) {}, Together: func() func() { return func() {} }, Steps: func() int { return 0 }, Active: func() bool { return false }})
	strip := notice.NewStrip(func(text string) string { return text }, func() {})
	door := worker.NewDoor(ctx, func(func()) {}, func() func() { return func() {} })
	var v *View
	p := panel.New(door, strip, panel.Hooks{Facts: func() engine.Facts { return engine.Facts{Multiple: 8} }, Steps: func() int { return 0 }, Draw: func() uint64 { return 7 }, Changed: func(settings.Settings) {}})
	w := worker.New(ctx, nil, func(worker.Event) {})
	m := opening.New(opening.Studio{Panel: p, Library: library.New(ctx, nil, library.Options{}, library.Hooks{}), Worker: w, Strip: strip, Changed: func() {}})
	m.Facts.Timesteps = 1000
	locked, generated := false, 0
	v = New(Studio{Sight: &sight, Panel: p, Model: m, Worker: w, Strip: strip, Changed: func() {},
		Generate: func() { generated, locked = generated+1, p.Settings.Locked }})
	v.Noise(5)
	if v.Noised != nil || strip.Notice == nil {
		t.Fatalf("%+v of nothing", v.Noised)
	}
	v.Denoise()
	sight.Document.Set(image.NewRGBA(image.Rect(0, 0, 16, 16)))
	v.Noise(5000)
	if v.Noised == nil || v.Noised.T != 999 || v.Noised.Ready {
		t.Fatalf("%+v", v.Noised)
	}
	v.Made(worker.Noised{Step: engine.Step{Index: 3}})
	v.Noise(249)
	if n := v.Noised; n.T != 249 || !n.Ready || n.Step.Index != 3 {
		t.Errorf("what was shown is gone: %+v", n)
	}
	strip.Dismiss()
	if v.Made(worker.Noised{Err: errors.New("x")}); strip.Notice == nil {
		t.Error("a failure is not told of")
	}
	v.Denoise()
	if v.Noised != nil || generated != 1 || !locked || p.Settings.Locked || p.Settings.Strength != 0.25 {
		t.Errorf("%+v, %d runs, locked %v and then %v, strength %g", v.Noised, generated, locked, p.Settings.Locked, p.Settings.Strength)
	}
}
