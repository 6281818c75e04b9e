package runtime

import (
	"os"
	"path/filepath"
	"runtime"
)

// CardFolder is where `nirvana runtime cuda` puts ONNX Runtime with CUDA and the libraries that it loads: in the
// user's cache folder, where Find looks first. "" where there is no such folder, or no such library for this system.
func CardFolder() string { return fetchedFolder("cuda") }

// OpenVINOFolder is where `nirvana runtime openvino` puts OpenVINO's plug-in for ONNX Runtime and the libraries that it
// loads. "" as with CardFolder.
func OpenVINOFolder() string { return fetchedFolder("openvino") }

// OpenVINO is the plug-in's own library, which ONNX Runtime loads beside its other execution providers; "" where it is not
// installed.
func OpenVINO() string {
	path := filepath.Join(OpenVINOFolder(), OpenVINOLibrary)
	if !filepath.IsAbs(path) || !isFile(path) {
		return ""
	}
	return path
}

// OpenVINOLibrary is the file name of OpenVINO's plug-in.
const OpenVINOLibrary = "libonnxruntime_providers_openvino_plugin.so"

func fetchedFolder(name string) string {
	cache, err := os.UserCacheDir()
	if err != nil || runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return ""
	}
	return filepath.Join(cache, "nirvana", "runtime", Folder(runtime.GOOS, runtime.GOARCH)+"-"+name)
}
