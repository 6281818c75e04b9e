package onnx

/*
#include <stdint.h>

// What is used of ONNX Runtime's C API, by the functions' places in its table, which only grows at its end.
enum { plugins_since = 22, hardware_device_type = 307, ep_device_device = 316 };

// device_type is the OrtHardwareDeviceType of an OrtEpDevice: 0 the CPU, 1 a GPU, 2 an NPU.
static int device_type(void *get_base, const void *device) {
	typedef struct {
		void *const *(*get_api)(uint32_t);
		const char *(*get_version)(void);
	} api_base;
	const api_base *base = ((const api_base *(*)(void))get_base)();
	void *const *api = base->get_api(plugins_since);
	const void *hardware = ((const void *(*)(const void *))api[ep_device_device])(device);
	return ((int (*)(const void *))api[hardware_device_type])(hardware);
}
*/
import "C"

import (
	"errors"
	"runtime"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	library "nirvana/models/runtime"
)

// openvino is OpenVINO's plug-in, an execution provider in a library of its own, which ONNX Runtime loads when it is first used.
type openvino struct {
	sync.Mutex
	device []ort.EpDevice // one: the device that sessions use; nil: not loaded yet
}

// openVINOProvider is ONNX Runtime's name of the provider.
const openVINOProvider = "OpenVINOExecutionProvider"

// appendOpenVINO enables OpenVINO, of the plug-in, or of a library that was built with it.
func (r *Runtime) appendOpenVINO(o *ort.SessionOptions) error {
	if library.OpenVINO() == "" {
		return o.AppendExecutionProviderOpenVINO(nil)
	}
	device, err := r.openVINODevice()
	if err != nil {
		return err
	}
	return o.AppendExecutionProviderV2(device, map[string]string{"load_config": asAccurate})
}

// asAccurate has OpenVINO compute in the graph's own precision; by itself it takes a lower one where the device is faster so.
const asAccurate = `{"CPU": {"EXECUTION_MODE_HINT": "ACCURACY"}, "GPU": {"EXECUTION_MODE_HINT": "ACCURACY"}}`

// openVINODevice loads the plug-in, once, and returns the device that sessions use.
//
// It loads it on a thread that ends afterwards. OpenVINO gives the thread that loads it another stack for signals, and takes that
// away when it is unloaded; Go's signals would end the program there.
func (r *Runtime) openVINODevice() ([]ort.EpDevice, error) {
	r.openvino.Lock()
	defer r.openvino.Unlock()
	if r.openvino.device != nil {
		return r.openvino.device, nil
	}
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		r.openvino.device, err = r.loadOpenVINO()
	}()
	<-done
	return r.openvino.device, err
}

// loadOpenVINO loads the plug-in and chooses its device: a GPU before the CPU. An NPU takes no networks whose sizes change.
func (r *Runtime) loadOpenVINO() ([]ort.EpDevice, error) {
	if err := ort.RegisterExecutionProviderLibrary("openvino", library.OpenVINO()); err != nil {
		return nil, err
	}
	base, err := r.base()
	if err != nil {
		return nil, err
	}
	all, err := ort.GetEpDevices()
	if err != nil {
		return nil, err
	}
	chosen := -1
	for i := range all {
		if all[i].EpName() != openVINOProvider {
			continue
		}
		switch C.device_type(base, inside(&all[i], "p")) {
		case 1:
			chosen = i
		case 0:
			if chosen < 0 {
				chosen = i
			}
		}
	}
	if chosen < 0 {
		return nil, errors.New("OpenVINO finds no device that it can use")
	}
	return all[chosen : chosen+1], nil
}
