//go:build !windows

package onnx

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"unsafe"
)

// base is the library's OrtGetApiBase. The library is loaded already, so that the loader gives the same one.
func (r *Runtime) base() (unsafe.Pointer, error) {
	path, name := C.CString(r.library), C.CString("OrtGetApiBase")
	defer C.free(unsafe.Pointer(path))
	defer C.free(unsafe.Pointer(name))
	library := C.dlopen(path, C.RTLD_LAZY)
	if library == nil {
		return nil, errors.New(C.GoString(C.dlerror()))
	}
	defer C.dlclose(library) // the program's own hold on it stays
	f := C.dlsym(library, name)
	if f == nil {
		return nil, errors.New(C.GoString(C.dlerror()))
	}
	return f, nil
}
