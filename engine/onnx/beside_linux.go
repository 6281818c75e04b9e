package onnx

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
*/
import "C"

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unsafe"
)

// order is the order in which NVIDIA's libraries depend on each other.
var order = []string{"libcudart", "libnvrtc", "libnvJitLink", "libcublasLt", "libcublas", "libcufft", "libcurand", "libcudnn_graph", "libcudnn"}

// loadBeside loads the libraries next to ONNX Runtime's, where `nirvana runtime cuda` puts them: its CUDA provider
// names them without a path, and the loader uses those that are loaded. Failures are reported by the provider.
func loadBeside(library string) {
	dir := filepath.Dir(library)
	if _, err := os.Stat(filepath.Join(dir, "libonnxruntime_providers_cuda.so")); err != nil {
		return
	}
	entries, _ := os.ReadDir(dir)
	for _, prefix := range order {
		for _, e := range entries {
			name, _, _ := strings.Cut(e.Name(), ".so")
			if name == prefix || prefix == order[len(order)-1] && strings.HasPrefix(name, prefix) && !slices.Contains(order[:len(order)-1], name) {
				path := C.CString(filepath.Join(dir, e.Name()))
				C.dlopen(path, C.RTLD_LAZY|C.RTLD_GLOBAL)
				C.free(unsafe.Pointer(path))
			}
		}
	}
}

// loadFault is the loader's error for a library, such as the name of a missing dependency; "" where it loads.
func loadFault(library string) string {
	path := C.CString(library)
	defer C.free(unsafe.Pointer(path))
	runtime.LockOSThread() // the loader keeps its last error by thread
	defer runtime.UnlockOSThread()
	if C.dlopen(path, C.RTLD_LAZY|C.RTLD_LOCAL) != nil {
		return ""
	}
	return C.GoString(C.dlerror())
}
