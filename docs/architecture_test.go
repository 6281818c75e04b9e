package docs

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the plan: which of Nirvana's packages a package may import. One that is not here may import none; every
// one may import the leaves, which know nobody. TestImports fails where the code goes another way, and
// where a permission is used by nobody.
var mayImport = map[string][]string{
	".":         {"program"},
	"program":   {"ui", "ui/native", "app", "app/cli", "app/host", "app/serve/work", "engine/onnx/repository", "models/runtime/card", "models/runtime/wheel", "app/worker", "engine", "engine/onnx", "engine/onnx/graphcache", "engine/parallel", "engine/remote", "models", "models/listing", "models/runtime", "models/watch", "engine/pixel", "models/installation"},
	"ui":        {"ui/canvas", "app", "app/emphasis", "app/files", "app/grid", "app/guest", "app/layers", "app/lineage", "app/paintin", "app/settings", "app/style", "engine", "engine/pixel/composite", "engine/pixel/paint", "engine/pixel/plane", "engine/pixel/transform", "assets"},
	"ui/native": {"ui"}, // the kinds of files that its dialogs offer
	"app": {
		"app/background",
		"app/compose",
		"app/disk",
		"app/document",
		"app/files",
		"app/gallery",
		"app/generate",
		"app/guest",
		"app/history",
		"app/job",
		"app/journal",
		"app/keep",
		"app/layers",
		"app/library",
		"app/live",
		"app/noise",
		"app/notice",
		"app/opening",
		"app/panel",
		"app/queue",
		"app/recipe",
		"app/saving",
		"app/settings",
		"app/task",
		"app/timeline",
		"app/trajectory",
		"app/tray",
		"app/worker",
		"app/xray",
		"engine",
		"engine/pixel",
		"models/hub",
	},
	"app/background":          {"engine/pixel"},
	"app/compose":             {"app/document", "app/grid", "app/job", "app/library", "app/notice", "app/recipe", "app/settings", "app/style", "app/task", "app/tray", "app/wildcard", "app/worker", "engine", "engine/pixel"},
	"app/files":               {"app/disk", "app/document", "app/history", "app/journal", "app/keep", "app/layers", "app/project", "app/psd", "app/recipe", "app/settings", "app/tray", "engine/pixel"},
	"app/library":             {"app/disk", "app/journal", "app/notice", "models", "models/fetched", "models/hub", "models/listing"},
	"app/notice":              {"app/history", "app/journal"},                                                                                                                                          // whose errors it has words for
	"app/document":            {"app/journal", "app/layers", "app/recipe", "app/task", "engine/pixel", "engine/pixel/composite", "engine/pixel/paint", "engine/pixel/plane", "engine/pixel/transform"}, // task: what a run will do is decided by what lies under the frame
	"app/job":                 {"app/document", "app/library", "app/recipe", "app/settings", "app/task", "engine", "engine/pixel"},                                                                     // document: how pictures are stored under names; settings: how many ControlNets there may be
	"app/style":               {"engine", "engine/pixel"},                                                                                                                                              // names of samplers; pictures beside
	"app/wildcard":            {"engine"},
	"app/grid":                {"app/history", "app/recipe", "engine", "engine/pixel"},                       // history: what is made of a grid
	"app/settings":            {"app/carry", "app/library", "app/recipe", "app/style", "app/task", "engine"}, // recipe: the ControlNets that one names
	"app/keep":                {"app/disk", "app/document", "app/job", "app/journal", "app/layers", "app/project", "app/settings", "app/tray", "app/worker", "engine", "engine/pixel", "app/notice"},
	"app/tray":                {"app/document", "app/job", "app/recipe", "app/task", "engine/pixel", "app/layers"}, // worker: what is read from files may not end the program
	"app/worker":              {"app/document", "app/job", "app/journal", "app/library", "app/lineage", "app/recipe", "app/steps", "app/task", "app/trajectory", "engine", "engine/pixel"},
	"app/lineage":             {"app/history", "app/recipe"}, // history: a project's pictures and what they came from
	"app/generate":            {"app/compose", "app/grid", "app/job", "app/library", "app/notice", "app/opening", "app/panel", "app/queue", "app/recipe", "app/settings", "app/task", "app/tray", "app/worker", "engine"},
	"app/noise":               {"app/notice", "app/opening", "app/panel", "app/settings", "app/tray", "app/worker", "engine", "engine/pixel"},
	"app/opening":             {"app/library", "app/notice", "app/panel", "app/recipe", "app/settings", "app/worker", "engine"},
	"app/panel":               {"app/fieldundo", "app/notice", "app/recipe", "app/settings", "app/worker", "engine", "engine/pixel"},
	"app/saving":              {"app/disk", "app/document", "app/files", "app/gallery", "app/keep", "app/notice", "app/tray", "app/worker", "engine/pixel"},
	"app/live":                {"app/compose", "app/layers", "app/notice", "app/opening", "app/queue", "app/tray", "app/worker", "engine/pixel"},
	"app/timeline":            {"app/disk", "app/gallery", "app/history", "app/job", "app/lineage", "app/notice", "app/past", "app/queue", "app/recipe", "app/task", "app/trajectory", "app/tray", "app/worker", "engine", "engine/pixel"},
	"app/fieldundo":           {"app/settings"},
	"app/paintin":             {"engine/pixel", "engine/pixel/paint"},
	"app/xray":                {"app/worker", "engine"},
	"app/past":                {"app/trajectory", "app/worker", "engine"},
	"app/trajectory":          {"app/disk", "engine", "engine/random"}, // random: a generator's state as it is written down
	"app/worker/workertest":   {"engine"},
	"app/gallery":             {"app/document", "app/files", "app/history", "app/notice", "app/recipe", "app/tray", "app/worker"},
	"app/queue":               {"app/journal", "app/notice", "app/worker", "engine"},
	"app/steps":               {"engine"},
	"app/task":                {"engine", "engine/pixel"},                                // what is given to the engine, and how its result is laid over a picture
	"app/history":             {"app/disk", "app/journal", "app/recipe", "engine/pixel"}, // journal: a copy of a database that may not be written to
	"app/history/historytest": {"app/recipe"},
	"engine/pixel":            {"engine/pixel/exif"},
	"engine/pixel/paint":      {"engine/pixel", "engine/pixel/plane"},                          // coverage is a mask; a layer's pixels
	"app/recipe":              {"app/carry", "engine", "engine/pixel/exif", "engine/schedule"}, // what a run tells of its steps; a recipe's scheduler
	"app/journal":             {"app/disk", "engine/pixel"},                                    // pixel: how large a picture may be
	"app/psd":                 {"app/layers", "engine/budget", "engine/pixel", "engine/pixel/composite", "engine/pixel/plane"},
	"app/layers":              {"engine/pixel/composite", "engine/pixel/plane"},
	"app/project":             {"app/disk", "app/layers", "engine/budget", "engine/pixel", "engine/pixel/composite", "engine/pixel/plane"}, // pixel: layers are pictures of foreign files
	"app/cli": {"app/background", "app/bench", "app/conformance", "app/grid", "app/recipe", "app/steps", "app/style", "app/task", "app/wildcard", "engine", "engine/network", "engine/pixel",
		"engine/schedule", "engine/token", "models", "models/fetched", "models/hub", "models/listing", "app/serve", "app/serve/work", "engine/onnx/adapter", "engine/onnx/graphcache", "engine/onnx/repository", "engine/remote", "models/runtime", "models/runtime/card", "models/runtime/wheel"}, // token: the verb "tokenize"; schedule: --scheduler
	"app/serve":                              {"app/serve/openai", "app/serve/page", "app/serve/sdapi", "app/serve/stream", "app/serve/wire", "app/serve/work"},
	"app/serve/work":                         {"app/recipe", "app/style", "app/task", "engine", "engine/pixel", "models"},
	"app/host":                               {"app/guest", "app/library", "app/serve", "app/serve/work", "app/worker", "models"},
	"app/serve/wire":                         {"app/recipe", "app/serve/work", "engine/pixel"},
	"app/serve/sdapi":                        {"app/recipe", "app/serve/wire", "app/serve/work", "app/style", "engine", "engine/pixel", "models"},
	"app/serve/openai":                       {"app/recipe", "app/serve/wire", "app/serve/work", "app/task", "engine/pixel", "models"},
	"app/serve/stream":                       {"app/recipe", "app/serve/wire", "app/serve/work", "app/task", "engine/pixel"},
	"app/serve/servetest":                    {"app/serve", "app/serve/work", "engine", "models"},
	"app/conformance":                        {"app/carry", "engine", "engine/pixel", "engine/schedule"}, // schedule: a case names its scheduler
	"engine/graph":                           {"engine/tensor"},
	"engine/family":                          {"engine/graph", "engine/sample", "engine/schedule", "engine/tensor", "engine/text", "engine/vae"}, // sample, schedule: what a family tells its sampler
	"engine/text":                            {"engine/graph", "engine/tensor", "engine/token"},
	"engine/tile":                            {"engine/tensor"},
	"engine/vae":                             {"engine/graph", "engine/pixel", "engine/tensor", "engine/tile"},
	"engine":                                 {"engine/family", "engine/graph", "engine/tensor", "engine/text", "engine/tile", "engine/vae", "engine/schedule", "engine/sample", "engine/random", "engine/token", "engine/pixel"},
	"engine/sample":                          {"engine/schedule", "engine/random"}, // random: Brownian noise of the SDE samplers
	"engine/network":                         {"engine/onnx/graphfile", "models/checkpoint"},
	"engine/network/published/publishedtest": {"engine/network/published", "models/checkpoint"},
	"engine/token":                           {"assets/tokenizers"},
	"engine/onnx":                            {"engine", "engine/network", "engine/onnx/adapter", "engine/onnx/fold", "engine/onnx/graphcache", "engine/onnx/graphfile", "engine/onnx/rewrite", "engine/parallel", "models", "models/files", "models/runtime"},
	"engine/onnx/graphfile":                  {"models/files"}, // external data lies in files that a foreign file names
	"engine/onnx/fold":                       {"engine/onnx/graphfile"},
	"engine/onnx/rewrite":                    {"engine/onnx/graphfile"},
	"models/checkpoint":                      {"models/safetensors"},
	"models":                                 {"engine/family", "engine/onnx/graphfile", "engine/token", "models/checkpoint", "models/files", "models/installation", "models/safetensors"}, // family: what model_index.json says that a model is usually run with; graphfile, token: what a network's file or a tokenizer's lacks; safetensors: what a LoRA was called in its training
	"models/hub":                             {"models/files"},
	"models/fetched":                         {"models/hub", "models/listing"},
	"models/listing":                         {"models", "models/checkpoint", "models/files", "models/installation"},
	"app/bench":                              {"app/bench/network", "engine/random", "engine/schedule", "engine/token", "models", "models/runtime"}, // what a plain loop is told: x_T, the table, the tokens
	"app/bench/plain":                        {"app/bench", "models/runtime"},
	"app/bench/evaluate":                     {"engine/graph", "engine/onnx", "engine/tensor", "models", "models/checkpoint"},
	"app/bench/tool":                         {"app/bench", "app/bench/evaluate", "app/bench/plain", "models", "models/runtime"},
	"app/bench/network":                      {"engine/network", "engine/network/published", "engine/onnx/fold", "engine/onnx/graphfile", "models/checkpoint"},
	"engine/onnx/adapter":                    {"engine/onnx/graphfile", "models/checkpoint", "models/safetensors"},
	"models/runtime/fetch":                   {"models/runtime", "models/runtime/download"},

	"models/runtime/wheel":               {"models/runtime", "models/runtime/download"},
	"models/runtime/wheel/wheeltest":     {"models/runtime", "models/runtime/wheel"},
	"models/safetensors/safetensorstest": {},
	"engine/onnx/graphcache":             {"models/files"}, // the disk's free space
	"engine/onnx/repository":             {"engine/network", "engine/onnx/adapter", "engine/onnx/graphfile", "models"},
	"engine/parallel":                    {"engine", "engine/graph"}, // graph: which calls give way to others
	"engine/remote":                      {"engine", "engine/graph", "engine/parallel", "engine/remote/inference"},
	"engine/remote/live":                 {"engine/remote"},
	"engine/remote/remotetest":           {"engine", "engine/remote/inference"},
}

// leaves are the kinds of failures, files written whole, and whether memory is free.
var leaves = []string{"engine/fault", "engine/memory", "engine/wholefile"}

// onlyIn says which packages may import another's module, by the beginning of its path: the cgo leaves, the
// window's toolkit, and the picture library that panics on broken pictures and therefore has one door.
var onlyIn = map[string][]string{
	"net/http": {"models/hub", "models/hub/hubtest", "models/runtime/download", "models/runtime/wheel/wheeltest", // the doors to a network, and one that listens: nirvana serve
		"app/serve", "app/serve/openai", "app/serve/page", "app/serve/sdapi", "app/serve/stream", "app/serve/wire", "app/serve/servetest",
		"engine/remote", "engine/remote/remotetest"}, // and one to the servers that the artist named
	"google.golang.org/grpc":            {"engine/remote", "engine/remote/inference", "engine/remote/remotetest"},
	"C":                                 {"engine/onnx", "ui/native"},
	"github.com/yalue/onnxruntime_go":   {"engine/onnx", "app/bench/plain"},
	"github.com/sqweek/dialog":          {"ui/native"},
	"golang.design/x/clipboard":         {"ui/native"},
	"github.com/disintegration/imaging": {"engine/pixel"},
	"github.com/kovidgoyal/imaging":     {"engine/pixel"},
	"github.com/gofrs/flock":            {"app/journal"},
	"github.com/fsnotify/fsnotify":      {"models/watch"},
	"fyne.io/fyne":                      {"program", "ui", "ui/canvas", "ui/native"},
	"fyne.io/fyne/v2/app":               {"program", "ui"},
}

// sequential packages start no goroutine: whoever calls them decides what runs at once.
var sequential = []string{
	"assets",
	"engine",
	"engine/family",
	"engine/graph",
	"engine/pixel",
	"engine/pixel/composite",
	"engine/pixel/exif",
	"engine/pixel/paint",
	"engine/pixel/plane",
	"engine/pixel/transform",
	"engine/random",
	"engine/sample",
	"engine/schedule",
	"engine/tensor",
	"engine/text",
	"engine/tile",
	"engine/token",
	"engine/vae",
	"models",
	"ui/canvas",
}

// TestImports reads every file, whatever its build tags, so it guards Windows and macOS from Linux too.
func TestImports(t *testing.T) {
	all := sources(t, parser.ImportsOnly)
	for file, syntax := range all {
		for _, imported := range imports(t, syntax) {
			if strings.HasPrefix(imported, "nirvana/") {
				continue // below
			}
			folder := path.Dir(file)
			for prefix, folders := range onlyIn {
				if (imported == prefix || strings.HasPrefix(imported, prefix+"/")) && !slices.Contains(folders, folder) && !(prefix == "net/http" && strings.HasSuffix(file, "_test.go")) {
					t.Errorf("%s imports %s, which only %v may", file, imported, folders)
				}
			}
		}
	}
	used := used(t, all)
	for folder, inner := range used {
		for _, name := range inner {
			if !slices.Contains(mayImport[folder], name) {
				t.Errorf("%s imports %s; it may import only %v", folder, name, mayImport[folder])
			}
		}
	}
	for folder, inner := range mayImport {
		for _, name := range inner {
			if !slices.Contains(used[folder], name) {
				t.Errorf("%s may import %s and does not: take the permission away", folder, name)
			}
		}
	}
}

var update = flag.Bool("update", false, "write the import table of architecture.md anew")

// The page's import table is what the code says. `go test ./docs -update` writes it.
func TestImportTable(t *testing.T) {
	const begin, end = "<!-- imports: go test ./docs -update -->\n", "<!-- end of imports -->\n"
	page, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatal("architecture.md has no import table")
	}
	used := used(t, sources(t, parser.ImportsOnly))
	table := "| package | imports |\n|---|---|\n"
	for _, folder := range slices.Sorted(maps.Keys(used)) {
		name := folder
		if folder == "." {
			name = "main"
		}
		table += "| `" + name + "` | " + strings.Join(used[folder], ", ") + " |\n"
	}
	want := before + begin + table + end + after
	if want == string(page) {
		return
	}
	if !*update {
		t.Fatal("architecture.md's import table is not what the code says: go test ./docs -update")
	}
	if err := os.WriteFile("architecture.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// imports are the paths that a file imports.
func imports(t *testing.T, syntax *ast.File) []string {
	t.Helper()
	var paths []string
	for _, spec := range syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, imported)
	}
	return paths
}

// used is what each of Nirvana's packages imports of the others, sorted, without the leaves. Tests do not count: one
// may use whatever sets its stage.
func used(t *testing.T, all map[string]*ast.File) map[string][]string {
	t.Helper()
	used := map[string][]string{}
	for file, syntax := range all {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		folder := path.Dir(file)
		for _, imported := range imports(t, syntax) {
			inner, ours := strings.CutPrefix(imported, "nirvana/")
			if ours && !slices.Contains(leaves, inner) && !slices.Contains(used[folder], inner) {
				used[folder] = append(used[folder], inner)
			}
		}
	}
	for _, inner := range used {
		slices.Sort(inner)
	}
	return used
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
	err := filepath.WalkDir("..", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != ".." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" || entry.Name() == "dist" || entry.Name() == "build") {
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
		files[strings.TrimPrefix(filepath.ToSlash(name), "../")] = syntax
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
