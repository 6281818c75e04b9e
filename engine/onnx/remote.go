package onnx

import (
	"os"
	"slices"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine/onnx/graphcache"
	"nirvana/engine/wholefile"
	"nirvana/models/files"
)

// Networks whose files lie on a network's file system are read from there once, when they are opened, and not mapped for
// as long as they are open: a share that goes away would take their pages with it, or halt every thread that touches one.

// remote reports whether one of the network's files lies on such a file system.
func (g *Graph) remote() bool {
	away := g.options.away
	if away == nil {
		away = files.Remote
	}
	return slices.ContainsFunc(g.sources, func(s source) bool { return away(s.path) })
}

// leaving closes a network that was opened and cached, and opens it from the cache alone; nil where that cannot be done.
func (g *Graph) leaving(o *opened, place string) *opened {
	if o.close() != nil {
		return nil
	}
	return g.fromCache(place)
}

// copied opens a network of remote weights that is not cached, merged with LoRAs or without room, from a copy that ends with it; nil
// where that is not needed, or not possible: then its files are mapped, and lost pages are told of.
func (g *Graph) copied(device, place string) *opened {
	if g.build == nil || device != CPU || place != "" && graphcache.Folder(g.options.Cache).Holds(g.kept, g.kept) || !g.remote() {
		return nil
	}
	dir, err := wholefile.TemporaryFolder("weights")
	if err != nil {
		return nil
	}
	o, err := g.fromCopy(dir)
	if err != nil {
		os.RemoveAll(dir)
		return nil
	}
	o.copy = dir
	return o
}

func (g *Graph) fromCopy(dir string) (*opened, error) {
	if free, err := files.Free(dir); err == nil && !graphcache.Leaves(free, g.kept) {
		return nil, errNoRoom
	}
	l, pieces, err := g.pieces(CPU, dir)
	if err != nil {
		return nil, err
	}
	return g.startAll(l, func(p names, part string) (*ort.DynamicAdvancedSession, error) {
		return g.session(CPU, p, pieces.of(part), "")
	})
}
