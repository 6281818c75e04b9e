package program

import (
	"context"
	"os"
	goruntime "runtime"
	"slices"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphcache"
	"nirvana/models"
	"nirvana/models/runtime"
	"nirvana/models/runtime/card"
	"nirvana/models/runtime/wheel"
	"nirvana/ui"
)

// machine is what this machine can compute with, as the window asks for it.
type machine struct {
	rt   *lazyRuntime
	post func(func())
	base context.Context // ends with the window
}

// Look finds it out.
func (m machine) Look(ctx context.Context) ui.Hardware {
	h := ui.Hardware{Memory: models.MachineMemory()}
	var built []string
	if rt, err := m.rt.get(); err == nil {
		h.Library, built = "ONNX Runtime "+rt.Version(), rt.Providers()
	} else {
		h.Library = err.Error()
	}
	if path, err := runtime.Find(); err == nil {
		h.Library += "  ·  " + path
	}
	found := card.Look(ctx)
	for _, c := range found.Cards {
		h.Cards = append(h.Cards, ui.Card{Name: c.Vendor + " " + c.Name, Driver: c.Driver, Memory: c.Memory})
	}
	h.Notes = found.Missing
	if goruntime.GOOS != "linux" {
		h.Notes = []fault.Notice{{Format: fault.CannotSee}}
		for _, name := range built {
			h.Ways = append(h.Ways, ui.Way{Device: name, Usable: true})
		}
		return h
	}
	h.Ways, h.Fetch = ways(found, built)
	return h
}

// Graphs are the optimised networks that are kept.
func (m machine) Graphs() (taken, most int64) {
	return graphcache.Folder(graphs()).Bytes(), graphcache.Limit
}

// ClearGraphs removes them.
func (m machine) ClearGraphs() error { return graphcache.Folder(graphs()).Clear() }

// ways are what Linux has for graphics cards, with what is to be fetched for them.
func ways(found card.Machine, built []string) (out []ui.Way, fetch int64) {
	cuda, why := found.CUDA()
	_, err := os.Stat(runtime.CardFolder())
	switch {
	case cuda && !slices.Contains(built, "cuda") && err != nil && runtime.CardFolder() != "":
		cuda, why, fetch = false, fault.Notice{Format: fault.NotFetched}, wheel.Size(wheel.CUDA)
	case cuda && !slices.Contains(built, "cuda"):
		cuda, why = false, fault.Notice{Format: fault.NotInLibrary}
	}
	tensorrt, without := found.TensorRT()
	if tensorrt && !cuda {
		tensorrt, without = false, why
	}
	webgpu, dark := found.WebGPU()
	if webgpu && !slices.Contains(built, "webgpu") {
		webgpu, dark = false, fault.Notice{Format: fault.NotInLibrary}
	}
	return []ui.Way{{Device: "cuda", Usable: cuda, Why: why}, {Device: "tensorrt", Usable: tensorrt, Why: without}, {Device: "webgpu", Usable: webgpu, Why: dark}, {Device: "openvino", Why: wheel.NoOpenVINO}}, fetch
}

// Fetch brings CUDA's libraries.
func (m machine) Fetch(ctx context.Context, told func(what string, have, of int64)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.base, cancel)()
	_, err := wheel.BringCUDA(ctx, quietly{}, func(what string, have, of int64) { m.post(func() { told(what, have, of) }) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// quietly is a log that nobody reads.
type quietly struct{}

func (quietly) Write(p []byte) (int, error) { return len(p), nil }
