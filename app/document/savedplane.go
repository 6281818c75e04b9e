package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"

	"nirvana/app/journal"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// Mask, scribble and selection are stored in tiles, so that a stroke writes only those that it touched: the record
// "mask" has the size, "mask/N" the N-th tile, row by row. A missing tile is black.

type savedPlane struct{ Width, Height int }

const maskRecord, scribbleRecord, selectionRecord = "mask", "scribble", "selection"

func tileRecord(plane string, i int) string { return fmt.Sprintf("%s/%d", plane, i) }

// writePlane adds the tiles that differ from the last written ones.
func writePlane(j *journal.Journal, records map[string][]byte, name string, old, mask *Tiled, err *error) {
	var size savedPlane
	if mask != nil {
		size = savedPlane{mask.rect.Dx(), mask.rect.Dy()}
	}
	if old == nil || mask == nil || old.rect != mask.rect {
		there, e := j.Names(name + "/")
		if e != nil && *err == nil {
			*err = e
		}
		for _, name := range there {
			records[name] = nil
		}
		records[name], _ = json.Marshal(size)
		old = nil
	}
	if mask == nil {
		return
	}
	for i, t := range mask.tiles {
		if old != nil && t.same(old.tiles[i]) {
			continue
		}
		switch {
		case len(t.pix) > 1:
			records[tileRecord(name, i)] = deflated(t.pix)
		case t.pix[0] != 0:
			records[tileRecord(name, i)] = t.pix
		case old != nil:
			records[tileRecord(name, i)] = nil
		}
	}
}

// ReadPlanes reads mask, scribble and selection; nil if there was none. A damaged tile is an error and black.
func ReadPlanes(j *journal.Journal) (mask, scribble, selection *image.Gray, err error) {
	mask, err = readPlane(j, maskRecord)
	scribble, e := readPlane(j, scribbleRecord)
	selection, e2 := readPlane(j, selectionRecord)
	return mask, scribble, selection, errors.Join(err, e, e2)
}

// readPlane reads one of them; nil if there was none.
func readPlane(j *journal.Journal, name string) (*image.Gray, error) {
	data, err := j.Record(name)
	if err != nil || data == nil {
		return nil, err
	}
	var size savedPlane
	if err := json.Unmarshal(data, &size); err != nil || size.Width <= 0 || size.Height <= 0 || size.Height > pixel.MaxPixels/size.Width {
		return nil, err
	}
	mask := image.NewGray(image.Rect(0, 0, size.Width, size.Height))
	var errs []error
	for i, at := range tilesIn(mask.Rect, mask.Rect) {
		data, err := j.Record(tileRecord(name, i))
		if err == nil && data != nil {
			err = putTile(mask, at, data)
		}
		errs = append(errs, err)
	}
	return mask, errors.Join(errs...)
}

func putTile(mask *image.Gray, at image.Rectangle, data []byte) error {
	t := tile{at: at, pix: data}
	if len(data) > 1 {
		var err error
		if t.pix, err = inflated(data, tileSide*tileSide); err != nil || len(t.pix) != at.Dx()*at.Dy() {
			return fault.Lost.Errorf("a part of the mask, the scribble or the selection is damaged")
		}
	}
	if len(t.pix) == 0 {
		return nil
	}
	exchange([]tile{t}, mask.Pix, mask.Stride, 1)
	return nil
}
