package onnx

import (
	"syscall"
	"unsafe"
)

// base is the library's OrtGetApiBase. The library is loaded already, so that the loader gives the same one.
func (r *Runtime) base() (unsafe.Pointer, error) {
	library, err := syscall.LoadLibrary(r.library)
	if err != nil {
		return nil, err
	}
	defer syscall.FreeLibrary(library) // the program's own hold on it stays
	f, err := syscall.GetProcAddress(library, "OrtGetApiBase")
	return *(*unsafe.Pointer)(unsafe.Pointer(&f)), err
}
