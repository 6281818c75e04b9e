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
	h.Ways = ways(found, built)
	return h
}

// Graphs are the optimised networks that are kept.
func (m machine) Graphs() (taken, most, usual int64) {
	kept := graphcache.Folder(graphs())
	return kept.Bytes(), kept.Limit(), graphcache.Most
}

// LimitGraphs bounds them.
func (m machine) LimitGraphs(most int64) error { return graphcache.Folder(graphs()).SetLimit(most) }

// ClearGraphs removes them.
func (m machine) ClearGraphs() error { return graphcache.Folder(graphs()).Clear() }

// ways are what Linux has for graphics cards, with what is to be fetched for them.
func ways(found card.Machine, built []string) []ui.Way {
	cuda := ui.Way{Device: "cuda"}
	if cuda.Usable, cuda.Why = found.CUDA(); cuda.Usable {
		cuda = fetchable(cuda, built, runtime.CardFolder(), wheel.CUDA)
	}
	tensorrt := ui.Way{Device: "tensorrt"}
	if tensorrt.Usable, tensorrt.Why = found.TensorRT(); tensorrt.Usable && !cuda.Usable {
		tensorrt.Usable, tensorrt.Why = false, cuda.Why
	}
	webgpu := ui.Way{Device: "webgpu"}
	if webgpu.Usable, webgpu.Why = found.WebGPU(); webgpu.Usable && !slices.Contains(built, "webgpu") {
		webgpu.Usable, webgpu.Why = false, fault.Notice{Format: fault.NotInLibrary}
	}
	return []ui.Way{cuda, tensorrt, webgpu, fetchable(ui.Way{Device: "openvino", Usable: true}, built, runtime.OpenVINOFolder(), wheel.OpenVINO)}
}

// fetchable is a way that this machine has, once its libraries are there.
func fetchable(w ui.Way, built []string, folder string, set []wheel.Wheel) ui.Way {
	if slices.Contains(built, w.Device) {
		return w
	}
	w.Usable, w.Why = false, fault.Notice{Format: fault.NotInLibrary}
	if _, err := os.Stat(folder); err != nil && folder != "" {
		w.Why, w.Fetch = fault.Notice{Format: fault.NotFetched}, wheel.Size(set)
	}
	return w
}

// Fetch brings a device's libraries.
func (m machine) Fetch(ctx context.Context, device string, told func(what string, have, of int64)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.base, cancel)()
	bring := wheel.BringCUDA
	if device == "openvino" {
		bring = wheel.BringOpenVINO
	}
	_, err := bring(ctx, quietly{}, func(what string, have, of int64) { m.post(func() { told(what, have, of) }) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// quietly is a log that nobody reads.
type quietly struct{}

func (quietly) Write(p []byte) (int, error) { return len(p), nil }
