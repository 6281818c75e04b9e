// Package onnx runs networks: ONNX Runtime sessions behind engine.Graph. Open loads the library once for the program;
// Runtime.Load turns a model folder into engine.Parts. Only this package uses cgo for it.
package onnx

import (
	"errors"
	"os"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine/fault"
	"nirvana/models/runtime"
)

// Runtime is the loaded ONNX Runtime library, one for each program.
type Runtime struct {
	library string

	// alone is held while a session on another device than the CPU opens, runs or closes: WebGPU's sessions share one
	// device, and using it from two threads crashes the program.
	alone sync.Mutex

	mu       sync.Mutex
	verified map[trialOf]error // tested providers, with their error

	openvino openvino

	fingerprints fingerprints
}

// Open loads the library at the path. Errors say what to do.
func Open(library string) (*Runtime, error) {
	if _, err := os.Stat(library); err != nil {
		return nil, fault.Runtime.Errorf("ONNX Runtime's library %s is not there: run make setup: %w", library, err)
	}
	runtime.Quiet()
	loadBeside(library)
	catchLost()
	ort.SetSharedLibraryPath(library)
	// Failures are returned as errors; its log would only repeat them on stderr.
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

// Version is the library's version.
func (r *Runtime) Version() string { return ort.GetVersion() }

// turn waits for exclusive use of a device, and returns how to end it; the CPU needs none.
func (r *Runtime) turn(device string) (done func()) {
	if device == CPU || device == "" {
		return func() {}
	}
	r.alone.Lock()
	return r.alone.Unlock
}
