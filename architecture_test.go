package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the house's plan: which of Nirvana's packages a package may import.
// One that is not here may import none; every one but itself may import engine/fault, which knows nobody.
var mayImport = map[string][]string{
	".":                       {"ui", "ui/native", "app", "app/bench", "app/bench/plain", "app/command", "engine", "engine/onnx", "models", "models/hub", "models/runtime", "assets"},
	"ui":                      {"ui/canvas", "app", "engine", "assets"},
	"ui/canvas":               {},
	"ui/native":               {"ui"}, // the kinds of files that its dialogs offer
	"app":                     {"app/disk", "app/history", "app/journal", "app/project", "app/recipe", "engine", "engine/pixel", "models", "models/hub"},
	"app/history":             {"app/journal", "app/recipe", "engine/pixel"}, // journal: a copy of a database that may not be written to
	"app/history/historytest": {"app/recipe"},
	"engine/pixel":            {"engine/pixel/exif"},
	"app/recipe":              {"engine", "engine/pixel/exif"},                                                                                                                                                  // what a run tells of its steps
	"app/journal":             {"app/disk", "engine/pixel"},                                                                                                                                                     // pixel: how large a picture may be
	"app/project":             {"app/disk", "engine/pixel"},                                                                                                                                                     // pixel: layers are pictures of foreign files
	"app/command":             {"app", "app/bench", "app/bench/network", "app/conformance", "app/recipe", "engine", "engine/pixel", "engine/random", "engine/schedule", "engine/token", "models", "models/hub"}, // token: the verb "tokenize"; random: bench; schedule: --scheduler
	"app/conformance":         {"engine", "engine/pixel", "engine/schedule", "models"},                                                                                                                          // schedule: a case names its scheduler
	"engine":                  {"engine/schedule", "engine/sample", "engine/random", "engine/token", "engine/pixel"},
	"engine/sample":           {"engine/schedule", "engine/random"}, // random: Brownian noise of the SDE samplers
	"engine/onnx":             {"engine", "engine/onnx/adapter", "engine/onnx/graphfile", "engine/onnx/rewrite", "models", "models/runtime"},
	"engine/onnx/rewrite":     {"engine/onnx/graphfile"},
	"app/bench":               {"engine/schedule", "engine/token", "models", "models/runtime"}, // what a plain loop is told: the table and the tokens
	"app/bench/plain":         {"app/bench", "models/runtime"},
	"app/bench/network":       {"engine/onnx/graphfile"},
	"engine/onnx/adapter":     {"engine/onnx/graphfile", "models/safetensors"},
	"models/runtime/fetch":    {"models/runtime"},
}

// onlyIn says which packages may import another's module, by the beginning of its path: the cgo leaves, the
// window's toolkit, and the picture library that panics on broken pictures and therefore has one door.
var onlyIn = map[string][]string{
	"net/http":                          {"models/hub", "models/hub/hubtest", "models/runtime/fetch"}, // the doors to a network
	"C":                                 {"engine/onnx", "ui/native"},
	"github.com/yalue/onnxruntime_go":   {"engine/onnx", "app/bench/plain"},
	"github.com/sqweek/dialog":          {"ui/native"},
	"golang.design/x/clipboard":         {"ui/native"},
	"github.com/disintegration/imaging": {"engine/pixel"},
	"github.com/kovidgoyal/imaging":     {"engine/pixel"},
	"github.com/gofrs/flock":            {"app/journal"},
	"fyne.io/fyne":                      {".", "ui", "ui/canvas", "ui/native"},
	"fyne.io/fyne/v2/app":               {".", "ui"},
}

// sequential packages start no goroutine: whoever calls them decides what runs at once.
var sequential = []string{"engine", "engine/schedule", "engine/sample", "engine/random", "engine/token", "engine/pixel", "engine/pixel/exif", "models", "assets", "ui/canvas"}

// TestImports reads every file, whatever its build tags, so it guards Windows and macOS from Linux too.
func TestImports(t *testing.T) {
	for file, syntax := range sources(t, parser.ImportsOnly) {
		folder := path.Dir(file)
		for _, spec := range syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if inner, ours := strings.CutPrefix(imported, "nirvana/"); ours {
				// A test may use whatever it likes of ours to set its stage, as long as that brings no cgo.
				if strings.HasSuffix(file, "_test.go") || slices.Contains(mayImport[folder], inner) || inner == "engine/fault" && folder != inner {
					continue
				}
				t.Errorf("%s imports %s; %s may import only %v", file, inner, folder, mayImport[folder])
				continue
			}
			for prefix, folders := range onlyIn {
				if (imported == prefix || strings.HasPrefix(imported, prefix+"/")) && !slices.Contains(folders, folder) && !(prefix == "net/http" && strings.HasSuffix(file, "_test.go")) {
					t.Errorf("%s imports %s, which only %v may", file, imported, folders)
				}
			}
		}
	}
}

func TestNoGoroutines(t *testing.T) {
	for file, syntax := range sources(t, 0) {
		if strings.HasSuffix(file, "_test.go") || !slices.Contains(sequential, path.Dir(file)) {
			continue
		}
		ast.Inspect(syntax, func(node ast.Node) bool {
			if _, ok := node.(*ast.GoStmt); ok {
				t.Errorf("%s starts a goroutine", file)
			}
			return true
		})
	}
}

// sources parses every Go file of the tree. Keys are slash-separated paths from the top.
func sources(t *testing.T, mode parser.Mode) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "dist" || entry.Name() == "build") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, nil, mode)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)] = syntax
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d Go files found: is this the top of the tree?", len(files))
	}
	return files
}
