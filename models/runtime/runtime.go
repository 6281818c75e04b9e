// Package runtime says which ONNX Runtime library Nirvana needs and where it is on this machine.
//
// [Find] returns the path for engine/onnx. [Needed] lists the files of a platform with their checksums; the command
// in models/runtime/fetch ("make setup") downloads them.
package runtime

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"nirvana/engine/fault"
)

// Variable is the environment variable with the path of a library of the user's own.
const Variable = "NIRVANA_ONNXRUNTIME"

// SourceFolder is where "make setup" keeps libraries, at the top of the source tree; git ignores it.
const SourceFolder = ".runtime"

// Find returns the path of the ONNX Runtime library for this machine: the file that the environment variable
// NIRVANA_ONNXRUNTIME names, else the one with CUDA in CardFolder, the one next to the program, in lib next to it, in
// Frameworks of a macOS application, in .runtime of the source tree, or in nirvana/runtime of the user's cache folder.
// The error says what to do.
func Find() (string, error) {
	goos, goarch := runtime.GOOS, runtime.GOARCH
	var places places
	if program, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(program); err == nil {
			program = real
		}
		places.program = filepath.Dir(program)
	}
	if folder, err := os.Getwd(); err == nil {
		places.source = sourceTree(folder)
	}
	if cache, err := os.UserCacheDir(); err == nil {
		places.cache = filepath.Join(cache, "nirvana", "runtime")
	}
	places.card = CardFolder()
	places.variable = os.Getenv(Variable)
	return places.find(goos, goarch)
}

// Folder is the path of a platform's library inside a folder of several versions.
func Folder(goos, goarch string) string {
	return filepath.Join(Version, goos+"-"+goarch)
}

// places are the folders that find searches, and the file that the environment names. Empty ones are left out.
type places struct {
	program, source, cache, variable string
	card                             string // of the library with CUDA; before all others
}

func (p places) find(goos, goarch string) (string, error) {
	if p.variable != "" {
		if !isFile(p.variable) {
			return "", fault.Runtime.Errorf("%s names %s, which is not a file: set it to the path of an ONNX Runtime %s library", Variable, p.variable, Version)
		}
		return filepath.Abs(p.variable)
	}
	if library := LibraryName(goos); library != "" {
		for _, folder := range p.folders(goos, goarch) {
			if path := filepath.Join(folder, library); isFile(path) {
				return path, nil
			}
		}
	}
	if len(Needed(goos, goarch)) == 0 {
		return "", fault.Runtime.Errorf("there is no ready-made ONNX Runtime %s for %s/%s: build it and set %s to the library's path",
			Version, goos, goarch, Variable)
	}
	return "", fault.Runtime.Errorf("the ONNX Runtime library %s (version %s) is missing: run \"make setup\" in Nirvana's source folder, "+
		"or set %s to the library's path (looked in %s)",
		LibraryName(goos), Version, Variable, strings.Join(p.folders(goos, goarch), ", "))
}

func (p places) folders(goos, goarch string) []string {
	var folders []string
	if p.card != "" {
		folders = append(folders, p.card)
	}
	if p.program != "" {
		folders = append(folders, p.program, filepath.Join(p.program, "lib"),
			filepath.Join(p.program, SourceFolder, Folder(goos, goarch)))
		if goos == "darwin" && filepath.Base(p.program) == "MacOS" {
			folders = append(folders, filepath.Join(filepath.Dir(p.program), "Frameworks"))
		}
	}
	if p.source != "" && p.source != p.program {
		folders = append(folders, filepath.Join(p.source, SourceFolder, Folder(goos, goarch)))
	}
	if p.cache != "" {
		folders = append(folders, filepath.Join(p.cache, Folder(goos, goarch)))
	}
	return folders
}

// sourceTree goes up from folder to the top of Nirvana's own source tree, for tests and "go run", whose programs are
// in a folder of Go's. Another module's tree is never searched: a library found there would be run.
func sourceTree(folder string) string {
	for {
		if text, err := os.ReadFile(filepath.Join(folder, "go.mod")); err == nil {
			line, _, _ := strings.Cut(string(text), "\n")
			if strings.TrimSpace(line) == "module nirvana" {
				return folder
			}
			return ""
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return ""
		}
		folder = parent
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
