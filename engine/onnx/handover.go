package onnx

/*
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// What is used of ONNX Runtime's C API (onnxruntime_c_api.h), whose table of functions only grows at its end.
enum { since = 12, get_error_message = 2, release_status = 93, add_external_initializers = 210 };

typedef struct {
	void *const *(*get_api)(uint32_t);
	const char *(*get_version)(void);
} api_base;

// hand_over is AddExternalInitializers; what it complains of has to be freed.
static char *hand_over(void *get_base, void *options, char **names, void **values, size_t n) {
	const api_base *base = ((const api_base *(*)(void))get_base)();
	void *const *api = base->get_api(since);
	void *status = ((void *(*)(void *, char **, void **, size_t))api[add_external_initializers])(options, names, values, n);
	if (!status)
		return NULL;
	char *said = strdup(((const char *(*)(const void *))api[get_error_message])(status));
	((void (*)(void *))api[release_status])(status);
	return said;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"unsafe"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine/network"
	"nirvana/engine/onnx/graphfile"
)

// handed are weights that are handed over to a session that is being opened.
type handed struct {
	values []*ort.CustomDataTensor
	names  []*C.char
}

// handOver makes weights and gives them to a session's options. They are freed when the session is open, which has copied them.
func (r *Runtime) handOver(o *ort.SessionOptions, all []network.Made) (*handed, error) {
	h := &handed{}
	if len(all) == 0 {
		return h, nil
	}
	var pointers []unsafe.Pointer
	for _, m := range all {
		data, err := m.Bytes()
		if err != nil {
			h.free()
			return nil, fmt.Errorf("%s cannot be read: %w", m.Name, err)
		}
		v, err := ort.NewCustomDataTensor(ort.NewShape(m.Dims...), data, ort.TensorElementDataType(m.Type))
		if err != nil {
			h.free()
			return nil, err
		}
		h.values, h.names = append(h.values, v), append(h.names, C.CString(m.Name))
		pointers = append(pointers, inside(v, "ortValue"))
	}
	base, err := r.base()
	if err != nil {
		h.free()
		return nil, err
	}
	// C holds the lists of pointers while it reads them
	n := len(pointers)
	names, values := C.malloc(C.size_t(n)*C.size_t(unsafe.Sizeof(uintptr(0)))), C.malloc(C.size_t(n)*C.size_t(unsafe.Sizeof(uintptr(0))))
	defer C.free(names)
	defer C.free(values)
	copy(unsafe.Slice((**C.char)(names), n), h.names)
	copy(unsafe.Slice((*unsafe.Pointer)(values), n), pointers)
	if said := C.hand_over(base, inside(o, "o"), (**C.char)(names), (*unsafe.Pointer)(values), C.size_t(n)); said != nil {
		defer C.free(unsafe.Pointer(said))
		h.free()
		return nil, errors.New(C.GoString(said))
	}
	return h, nil
}

// inside is the pointer that the binding keeps to itself.
func inside(of any, field string) unsafe.Pointer {
	return reflect.ValueOf(of).Elem().FieldByName(field).UnsafePointer()
}

// free gives the memory back.
func (h *handed) free() {
	if len(h.values) == 0 {
		return
	}
	for i, v := range h.values {
		v.Destroy()
		C.free(unsafe.Pointer(h.names[i]))
	}
	*h = handed{}
	debug.FreeOSMemory()
}

// needed are those weights that are handed over from memory and that a graph still has.
func needed(m *graphfile.Model, made []network.Made) (out []network.Made) {
	there := map[string]bool{}
	for _, t := range m.Tensors {
		there[t.Name] = t.InMemory()
	}
	for _, w := range made {
		if there[w.Name] {
			out = append(out, w)
		}
	}
	return out
}

// dropUnused takes weights out of a graph that are handed over from memory and that nothing uses.
func dropUnused(m *graphfile.Model) {
	used := map[string]bool{}
	for _, n := range m.Nodes {
		for _, in := range n.Inputs {
			used[in] = true
		}
	}
	kept := m.Tensors[:0]
	for _, t := range m.Tensors {
		if used[t.Name] || !t.InMemory() {
			kept = append(kept, t)
		}
	}
	m.Tensors = kept
}
