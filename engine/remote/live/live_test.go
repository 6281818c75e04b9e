//go:build unix

package live_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/onnx"
	"nirvana/engine/onnx/repository"
	"nirvana/engine/remote"
	"nirvana/engine/remote/live"
	"nirvana/models"
	"nirvana/models/runtime"
)

// The model that ships draws with its networks on other people's servers what it draws here, within float error; and a server
// that is killed in the middle, or stalls, loses nothing.
func TestServers(t *testing.T) {
	for kind, start := range map[string]func(testing.TB, string, string) *live.Server{"NIRVANA_MLSERVER": live.MLServer, "NIRVANA_KSERVE": live.KServe} {
		t.Run(kind, func(t *testing.T) {
			program := os.Getenv(kind)
			if program == "" {
				t.Skip(kind + " names no server: make servers")
			}
			servers(t, func(repository string) *live.Server { return start(t, program, repository) })
		})
	}
}

func servers(t *testing.T, start func(repository string) *live.Server) {
	f, err := models.Shipped().Find("")
	if err != nil {
		t.Fatal(err)
	}
	library, err := runtime.Find()
	if err != nil {
		t.Fatal(err)
	}
	rt, err := onnx.Open(library)
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	local, err := rt.Load(f, onnx.LoadOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	want := draw(t, local.Parts, nil)

	served := filepath.Join(t.TempDir(), "served")
	names, _, err := repository.Write(f, served)
	if err != nil {
		t.Fatal(err)
	}
	first, second := start(served), start(served)
	on := func(servers ...string) engine.Parts {
		var list []remote.Server
		for _, s := range servers {
			list = append(list, remote.Server{Address: s})
		}
		p, err := remote.Connect(list, remote.Options{Least: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		parts := local.Parts
		parts.Text = append([]engine.TextPart(nil), parts.Text...)
		if wrong, err := remote.Place(t.Context(), p, &parts, map[string]string{"unet": names["unet"], "vae_decoder": names["vae_decoder"], "text_encoder": names["text_encoder"]}); err != nil || len(wrong) > 0 {
			t.Fatal(wrong, err)
		}
		return parts
	}
	for _, address := range []string{first.GRPC, first.HTTP} {
		if off := apart(draw(t, on(address), nil), want); off > 2e-3 {
			t.Errorf("%s: x is %g from the local one", address, off)
		} else {
			t.Logf("%s: within %g of the local one", address, off)
		}
	}
	got := draw(t, on(first.GRPC, second.GRPC), func(s engine.Step) {
		if s.Index == 3 {
			first.Process.Signal(syscall.SIGSTOP)
		}
	})
	if off := apart(got, want); off > 2e-3 {
		t.Errorf("stalled: x is %g from the local one", off)
	}
	first.Process.Signal(syscall.SIGCONT)
	got = draw(t, on(first.GRPC, second.HTTP), func(s engine.Step) {
		if s.Index == 3 {
			first.Process.Kill()
		}
	})
	if off := apart(got, want); off > 2e-3 {
		t.Errorf("killed: x is %g from the local one", off)
	}
}

// draw gives x_0 of a small picture.
func draw(t *testing.T, parts engine.Parts, each func(engine.Step)) []float32 {
	t.Helper()
	m, err := engine.New(parts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var last engine.Step
	for s, err := range m.Generate(ctx, engine.Request{Prompt: "a red heart", Seed: 3, Steps: 8, Width: 128, Height: 128}) {
		if err != nil {
			t.Fatal(err)
		}
		if last = s; each != nil {
			each(s)
		}
	}
	if len(last.Pictures) != 1 {
		t.Fatal("no picture")
	}
	return last.X.Data
}

// apart is the greatest difference, as a share of the greatest value.
func apart(a, b []float32) float64 {
	most, off := 0.0, 0.0
	for i := range b {
		most, off = max(most, math.Abs(float64(b[i]))), max(off, math.Abs(float64(a[i]-b[i])))
	}
	return off / most
}
