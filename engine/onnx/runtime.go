// Package onnx is the leaf that runs networks: ONNX Runtime sessions behind
// engine.Graph. Open loads the library once for the program; Runtime.Load turns
// a model folder into engine.Parts. Nothing else here knows cgo.
package onnx

import (
	"errors"
	"os"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine/fault"
	"nirvana/models/runtime"
)

// Runtime is the loaded ONNX Runtime library. There is one a program.
type Runtime struct {
	library string

	// alone is held while a session on another device than the processor opens, runs or closes: WebGPU's share one
	// device, and two at it from two threads end the program.
	alone sync.Mutex

	mu       sync.Mutex
	verified map[string]error // providers that were tried, with what came out
}

// Open loads the library at the path. The error says what to do.
func Open(library string) (*Runtime, error) {
	if _, err := os.Stat(library); err != nil {
		return nil, fault.Runtime.Errorf("ONNX Runtime's library %s is not there: run make setup: %w", library, err)
	}
	runtime.Quiet()
	loadBeside(library)
	catchLost()
	ort.SetSharedLibraryPath(library)
	// What goes wrong comes back as errors; its log would only say it again on the error stream.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return nil, fault.Runtime.Errorf("%s is not an ONNX Runtime library that this program can use (1.29 or newer): run make setup: %w", library, err)
	}
	if err := ort.DisableTelemetry(); err != nil {
		return nil, errors.Join(fault.Runtime.Errorf("%s does not let its reports be switched off: run make setup: %w", library, err), ort.DestroyEnvironment())
	}
	return &Runtime{library: library}, nil
}

// Close unloads the library. Every session must be closed before.
func (r *Runtime) Close() error { return ort.DestroyEnvironment() }

// Version is the library's.
func (r *Runtime) Version() string { return ort.GetVersion() }

// turn waits for the device, and gives it back by what it returns; on the processor nobody waits.
func (r *Runtime) turn(device string) (done func()) {
	if device == CPU || device == "" {
		return func() {}
	}
	r.alone.Lock()
	return r.alone.Unlock
}
