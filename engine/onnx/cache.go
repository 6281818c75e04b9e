package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"time"

	ort "github.com/yalue/onnxruntime_go"
	"golang.org/x/sys/cpu"

	"nirvana/engine/onnx/fold"
	"nirvana/engine/onnx/graphcache"
	"nirvana/engine/onnx/graphfile"
)

// The cache holds graphs as ONNX Runtime optimised them for this processor, with packed weights: opening one is
// mapping it. A folder for each network, named by a hash of all that it depends on, complete when it has a
// layout.json (graphcache bounds them).

// generation is raised when the cache's format changes.
const generation = 6

// place is the network's folder in the cache; "" for networks that are not cached: those changed by adapters, those that
// the folder has no room for, and devices that optimise by themselves.
func (g *Graph) place(device string) (string, error) {
	if g.options.Cache == "" || device != CPU || !g.edits.empty() || g.draft != nil {
		return "", nil
	}
	h := sha256.New()
	fmt.Fprintln(h, generation, ort.GetVersion(), processor(), g.fuses(device), g.reuses, g.skip, g.widened, g.biased, g.written)
	for _, s := range g.sources {
		sum, err := g.runtime.fingerprints.of(s.path)
		if err != nil {
			return "", err
		}
		h.Write(sum)
	}
	return filepath.Join(g.options.Cache, hex.EncodeToString(h.Sum(nil))[:32]), nil
}

// processor identifies the instruction set, by which ONNX Runtime chooses layouts.
func processor() string {
	return fmt.Sprint(runtime.GOOS, runtime.GOARCH, reflect.ValueOf(cpu.X86), reflect.ValueOf(cpu.ARM64))
}

// fromCache opens a cached network; nil where there is none or it is broken, which is then removed.
func (g *Graph) fromCache(place string) *opened {
	data, err := os.ReadFile(filepath.Join(place, graphcache.Complete))
	if err != nil {
		return nil
	}
	var l layout
	if err = json.Unmarshal(data, &l); err == nil && len(l.Parts) > 0 {
		var o *opened
		o, err = g.startAll(l, func(n names, part string) (*ort.DynamicAdvancedSession, error) {
			options, err := g.sessionOptions(CPU)
			if err != nil {
				return nil, err
			}
			defer options.Destroy()
			if err := options.SetGraphOptimizationLevel(ort.GraphOptimizationLevelDisableAll); err != nil {
				return nil, err
			}
			return ort.NewDynamicAdvancedSession(filepath.Join(place, part+".onnx"), n.In, n.Out, options)
		})
		if err == nil {
			now := time.Now()
			os.Chtimes(filepath.Join(place, graphcache.Complete), now, now)
			return o
		}
	}
	os.RemoveAll(place)
	return nil
}

// errNoRoom says that a network is not kept.
var errNoRoom = errors.New("the folder of cached networks has no room for it")

// foldsFrom is the size in memory from which a checkpoint's weights are folded in a file first, bytes: ONNX Runtime holds what
// it folds itself in memory until the optimised graph is saved, beside the packed weights. Opening twice takes longer
// than it saves for small networks.
const foldsFrom = small

// foldedIntoCache fills the cache from weights that are written to the disk as ONNX Runtime maps them, which are
// removed again, and opens the network from there. nil where there is no room, or nothing to be folded.
func (g *Graph) foldedIntoCache(place string) *opened {
	if g.build == nil || g.kept < foldsFrom && !g.remote() || os.MkdirAll(g.options.Cache, 0o700) != nil || !graphcache.Folder(g.options.Cache).Holds(g.kept, 2*g.kept) {
		return nil
	}
	dir, err := os.MkdirTemp(g.options.Cache, "new-")
	if err != nil {
		return nil
	}
	defer os.RemoveAll(dir)
	l, pieces, err := g.pieces(CPU, dir)
	debug.FreeOSMemory() // what was read
	if err != nil {
		return nil
	}
	o, err := g.intoCache(place, l, pieces)
	if err != nil || o.close() != nil {
		return nil
	}
	return g.fromCache(place)
}

// foldInto writes the weights of a network's part to a folder, and makes it take them from there.
func foldInto(m *graphfile.Model, from, to, part string) error {
	name := part + ".weights"
	file, err := os.Create(filepath.Join(to, name))
	if err != nil {
		return err
	}
	return errors.Join(fold.Into(m, from, file, name), file.Close())
}

// intoCache opens the network and caches the optimised graph, unless it could not be mapped again.
func (g *Graph) intoCache(place string, l layout, pieces pieces) (*opened, error) {
	if err := os.MkdirAll(g.options.Cache, 0o700); err != nil {
		return nil, err
	}
	if !graphcache.Folder(g.options.Cache).Holds(g.kept, g.kept) {
		return nil, errNoRoom
	}
	dir, err := os.MkdirTemp(g.options.Cache, "new-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	o, err := g.startAll(l, func(n names, part string) (*ort.DynamicAdvancedSession, error) {
		return g.session(CPU, n, pieces.of(part), filepath.Join(dir, part+".onnx"))
	})
	if err != nil {
		return nil, err
	}
	if !aligned(dir) {
		return o, nil
	}
	data, err := json.Marshal(l)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, graphcache.Complete), data, 0o644)
	}
	if err == nil {
		os.Rename(dir, place) // fails where another program was faster, which is fine
		graphcache.Folder(g.options.Cache).Trim(place)
	}
	return o, nil
}
