package grid

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"

	"nirvana/app/history"
	"nirvana/app/recipe"
	"nirvana/engine/pixel"
)

// ID identifies a grid over a recipe, so that the same grid finds the pictures already made.
func (g Grid) ID(r recipe.Recipe) string {
	r.Made, r.Seconds, r.Software, r.Runtime, r.Hashes, r.Scales, r.Grid, r.Pictures = "", 0, "", "", nil, nil, nil, nil
	data, _ := json.Marshal([]any{r, g.Texts()}) // consists of texts and numbers only: cannot fail
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// Place is a cell as recipes record it.
func (g Grid) Place(id string, at [3]int) *recipe.Grid {
	return &recipe.Grid{ID: id, Axes: g.Texts(), At: append([]int(nil), at[:len(g.Axes)]...)}
}

// Made are the pictures of a grid in the history, the newest of each cell.
func (g Grid) Made(h *history.Store, id string) (map[[3]int]history.Entry, error) {
	ids, err := h.Find("")
	if err != nil {
		return nil, err
	}
	out, wanted := map[[3]int]history.Entry{}, len(g.Places())
	const some = 200
	for from := 0; from < len(ids) && len(out) < wanted; from += some {
		entries, err := h.Entries(ids[from:min(from+some, len(ids))])
		if err != nil {
			return out, err
		}
		for _, e := range entries {
			if at, ok := g.of(e.Recipe.Grid, id); ok && e.Recipe.Unfinished == nil {
				if _, there := out[at]; !there {
					out[at] = e
				}
			}
		}
	}
	return out, nil
}

// of returns the cell that a recipe names, if it belongs to this grid.
func (g Grid) of(p *recipe.Grid, id string) (at [3]int, ok bool) {
	if p == nil || p.ID != id || len(p.At) != len(g.Axes) {
		return at, false
	}
	copy(at[:], p.At)
	for i, n := range g.Size() {
		if at[i] < 0 || at[i] >= n {
			return at, false
		}
	}
	return at, true
}

// Write writes one labelled picture of a grid's pictures in the history as a PNG file; see Draw.
func (g Grid) Write(path string, h *history.Store, id string, letters []byte) error {
	made, err := g.Made(h, id)
	if err != nil {
		return err
	}
	pictures := map[[3]int]*image.RGBA{}
	var r recipe.Recipe
	for at, e := range made {
		if pictures[at], err = h.Picture(e); err != nil {
			return err
		}
		r = h.Whole(e)
	}
	whole, err := g.Draw(pictures, letters)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, whole); err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	r.Grid, r.Hashes, r.Scales = &recipe.Grid{ID: id, Axes: g.Texts()}, nil, nil
	data, err := recipe.Embed(buf.Bytes(), r)
	if err != nil {
		return err
	}
	return pixel.WriteFile(path, data)
}
