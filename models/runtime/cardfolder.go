package runtime

import (
	"os"
	"path/filepath"
	"runtime"
)

// CardFolder is where `nirvana runtime cuda` puts ONNX Runtime with CUDA and the libraries that it loads: in the
// user's cache folder, where Find looks first. "" where there is no such folder, or no such library for this system.
func CardFolder() string {
	cache, err := os.UserCacheDir()
	if err != nil || runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return ""
	}
	return filepath.Join(cache, "nirvana", "runtime", Folder(runtime.GOOS, runtime.GOARCH)+"-cuda")
}
