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

// order is that in which NVIDIA's libraries need each other.
var order = []string{"libcudart", "libnvrtc", "libnvJitLink", "libcublasLt", "libcublas", "libcufft", "libcurand", "libcudnn_graph", "libcudnn"}

// loadBeside loads the libraries that lie beside ONNX Runtime's, as `nirvana runtime cuda` puts them there: its CUDA
// provider names them without a place, and the loader takes those that are there already. What does not load is told by
// the provider, by its name.
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

// loadFault is what the loader says of a library that does not load, such as the name of one that it needs and is not
// there; "" where it loads.
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
