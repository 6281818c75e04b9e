package document

import (
	"fmt"
	"image"
	"math/rand/v2"
	"testing"
)

// blobs keeps pictures in memory.
type blobs map[string]any

func (b blobs) put(img any) string {
	name := fmt.Sprint(len(b))
	b[name] = img
	return name
}

func (b blobs) Color(img *image.RGBA, _ *error) string {
	if img == nil {
		return ""
	}
	return b.put(img)
}

func (b blobs) Grey(img *image.Gray, _ *error) string {
	if img == nil {
		return ""
	}
	return b.put(img)
}

func (b blobs) LoadColor(name string, err *error) *image.RGBA {
	img, ok := b[name].(*image.RGBA)
	if !ok && name != "" {
		*err = fmt.Errorf("no picture %q", name)
	}
	return img
}

func (b blobs) LoadGrey(name string, _ *error) *image.Gray {
	img, _ := b[name].(*image.Gray)
	return img
}

// damaged is data with some bytes changed, cut off or doubled.
func damaged(r *rand.Rand, data []byte) []byte {
	out := append([]byte(nil), data...)
	for range 1 + r.IntN(4) {
		if len(out) == 0 {
			break
		}
		at := r.IntN(len(out))
		switch r.IntN(5) {
		case 0:
			out = out[:at]
		case 1:
			out = append(out[:at:at], append(append([]byte(nil), out[at/2:at]...), out[at:]...)...)
		case 2:
			out[at] = "0123456789-{}[]\",:e"[r.IntN(19)]
		default:
			out[at] ^= byte(1 << r.IntN(8))
		}
	}
	return out
}

// Damaged contents of an undo step are refused, or undone and done again without harm.
func TestMutatedUndoStep(t *testing.T) {
	b := blobs{}
	var err error
	mask := image.NewGray(image.Rect(0, 0, 40, 30))
	var plain [][]byte
	for _, e := range []*edit{
		{name: "brush", frame: image.Rect(0, 0, 64, 64), maskTiles: []tile{copyTile(mask.Pix, mask.Stride, 1, mask.Rect)}},
		{name: "open", frame: image.Rect(0, 0, 64, 64), whole: true, picture: noisy(9, 9, 1), mask: image.NewGray(image.Rect(0, 0, 9, 9))},
		{name: "crop", frame: image.Rect(0, 0, 64, 64), whole: true}} {
		data, _ := e.pack(b, &err)
		open, e2 := inflated(data, 1<<20)
		if err != nil || e2 != nil {
			t.Fatal(err, e2)
		}
		plain = append(plain, open)
	}
	r := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 3000 {
		d := empty()
		d.Picture, d.Mask = noisy(40, 30, 2), image.NewGray(image.Rect(0, 0, 40, 30))
		e := &edit{name: "step"}
		if e.unpack(deflated(damaged(r, plain[r.IntN(len(plain))])), b) != nil {
			continue
		}
		taken++
		d.undo.done = []*edit{e}
		if d.Undo() {
			d.Redo()
		}
	}
	if taken < 30 {
		t.Errorf("only %d of 3000 were taken at all: the mutations are too rough", taken)
	}
}
