package runtime

import (
	"os"
	"path/filepath"
	"runtime"
)

// QuietVariable, set to 1 before the library is loaded, keeps ONNX Runtime 1.29 and newer from sending reports to its
// maker.
const QuietVariable = "ORT_DISABLE_TELEMETRY"

// Quiet sets it for this process and its children. It must be called before the library is loaded; while other
// threads may read C's environment, calling it again changes nothing.
func Quiet() {
	if os.Getenv(QuietVariable) != "1" {
		os.Setenv(QuietVariable, "1") // with cgo Go sets C's environment too
	}
}

// left are the files of the library's reports: the machine's identity and the queue.
var left = []string{"deviceid", "deviceid.lock", "onnxruntime.db", "onnxruntime.db-wal", "onnxruntime.db-shm", "onnxruntime.db-journal"}

// RemoveReports removes the files that the library wrote for its reports when it ran without [Quiet], and their
// folders where they are empty then. Nothing else in them is touched.
func RemoveReports() {
	for _, base := range reportFolders(runtime.GOOS) {
		removeReports(base)
	}
}

func removeReports(base string) {
	tools := filepath.Join(base, "Microsoft", "DeveloperTools")
	dir := filepath.Join(tools, ".onnxruntime")
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return
	}
	halves, _ := filepath.Glob(filepath.Join(dir, "deviceid.tmp.*")) // left by a run that was killed
	for _, name := range left {
		halves = append(halves, filepath.Join(dir, name))
	}
	for _, path := range halves {
		os.Remove(path)
	}
	for _, folder := range []string{dir, tools, filepath.Dir(tools)} {
		if os.Remove(folder) != nil { // another program has something there
			return
		}
	}
}

// reportFolders are the folders that the library may have written to. On Windows it reports through the system.
func reportFolders(goos string) (folders []string) {
	home, err := os.UserHomeDir()
	if err != nil || goos == "windows" {
		return nil
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		folders = append(folders, dir)
	}
	folders = append(folders, filepath.Join(home, ".cache"))
	if goos == "darwin" {
		folders = append(folders, filepath.Join(home, "Library", "Application Support"), filepath.Join(home, "Library", "Caches"))
	}
	return folders
}
