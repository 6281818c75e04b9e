package engine

import (
	"context"
	"errors"
	"testing"

	"nirvana/engine/fault"
)

// A run of few steps asks the distilled network alone, with its scheduler, in its steps, whatever else is set.
func TestDraft(t *testing.T) {
	plain, few := fakeNet(), fakeNet()
	m, err := fakePixelModel(plain)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := Request{Width: 16, Height: 16, Seed: 3, Steps: 30, Guidance: 7, Sampler: "Euler a", CFGPlusPlus: true, Draft: true}
	for _, err := range m.Generate(ctx, r) {
		if fault.Of(err) != fault.Settings {
			t.Fatalf("without a draft: %v", err)
		}
	}
	read, broken := 0, errors.New("cut off")
	m.draft = &DraftPart{Part: Part{Graph: few, Name: "unet"}, Draft: Draft{Steps: 4, Guidance: 1}, Scheduler: func() ([]byte, error) {
		if read++; read == 1 {
			return nil, broken
		}
		return []byte(`{"_class_name":"DDIMScheduler","num_train_timesteps":1000,"timestep_spacing":"trailing"}`), nil
	}}
	if _, _, _, _, err := m.Plan(r); !errors.Is(err, broken) {
		t.Errorf("a scheduler that cannot be read: %v", err)
	}
	var times []float32
	for s, err := range m.Generate(ctx, r) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Pictures == nil {
			times = append(times, s.Timestep)
		}
	}
	if len(times) != 4 || times[0] != 999 || times[3] != 249 {
		t.Errorf("timesteps %v, want 999, 749, 499, 249", times)
	}
	if few.calls != 4 || plain.calls != 0 {
		t.Errorf("the distilled network was asked %d times, the other %d", few.calls, plain.calls)
	}
	r.Draft, r.CFGPlusPlus, r.Steps, r.Sampler = false, false, 2, ""
	for _, err := range m.Generate(ctx, r) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if few.calls != 4 || plain.calls == 0 {
		t.Error("a whole run asks the distilled network")
	}
	r.Draft, r.Strength = true, 0.01 // less would leave no step
	if _, r, _ := m.distilled(r); r.Strength*4 < 1 {
		t.Errorf("strength %g of 4 steps", r.Strength)
	}
}
