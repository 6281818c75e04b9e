// Package fetched downloads from the hub to where lists look: a model into a folder of its own, a single file that is a
// LoRA, a VAE or another part of a model into the data folder's folder of its kind. Start with Fetch.
package fetched

import (
	"context"
	"path/filepath"
	"slices"

	"nirvana/models/hub"
	"nirvana/models/listing"
)

// Result is what was downloaded.
type Result struct {
	Path string       // a model's folder, or a part's file
	Kind listing.Kind // of a part; listing.Model for everything else
	// Conflict is the name that the part would have, where another file has it: that one stayed as it was. "": it has its own.
	Conflict string
}

// parts are the kinds of files that are no model by themselves.
var parts = []listing.Kind{listing.LoRA, listing.Embedding, listing.VAE, listing.ControlNet, listing.Upscaler, listing.TextEncoder}

// Fetch downloads a repository into a folder, and moves a single file that is a part of a model to its folder of the data
// folder; "" leaves it where it is. A part that is there already is not downloaded again.
func Fetch(ctx context.Context, c hub.Client, r hub.Repository, dir, data string, progress func(hub.Progress)) (Result, error) {
	if r.Single() != "" && data != "" {
		for _, kind := range parts {
			if path := filepath.Join(listing.Home(kind, data), r.FileName()); r.Downloaded(path) {
				return Result{Path: path, Kind: kind}, nil
			}
		}
	}
	if !r.Downloaded(dir) || kindIn(dir, r) == listing.Model { // a part may have stayed there when it could not be moved
		if err := c.Fetch(ctx, r, dir, progress); err != nil {
			return Result{}, err
		}
	}
	return move(r, dir, data)
}

// move moves a downloaded part.
func move(r hub.Repository, dir, data string) (Result, error) {
	kind := kindIn(dir, r)
	if kind == listing.Model {
		return Result{Path: dir, Kind: kind}, nil
	}
	if data == "" {
		return Result{Path: filepath.Join(dir, filepath.FromSlash(r.Single())), Kind: kind}, nil
	}
	path, err := hub.MoveFile(dir, listing.Home(kind, data), r.FileName())
	result := Result{Path: path, Kind: kind}
	if err == nil && filepath.Base(path) != r.FileName() {
		result.Conflict = r.FileName()
	}
	return result, err
}

// kindIn is what the header of a folder's single file says: the kind of a part that is used from its folder.
func kindIn(dir string, r hub.Repository) listing.Kind {
	if r.Single() == "" {
		return listing.Model
	}
	kind := listing.Read(filepath.Join(dir, filepath.FromSlash(r.Single()))).Kind
	gguf := filepath.Ext(r.FileName()) == ".gguf" && (kind == listing.LoRA || kind == listing.Embedding) // which are not read
	if !slices.Contains(parts, kind) || gguf {
		return listing.Model
	}
	return kind
}
