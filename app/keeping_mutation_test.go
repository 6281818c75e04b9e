package app

import (
	"encoding/json"
	"image"
	"math/rand/v2"
	"testing"
)

// Mutations in place of fuzzing: a fuzzer would instrument the database below the history, and build for a quarter of
// an hour.

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
	b := projectBlobs{entries: map[string][]byte{}}
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
	s, err := New(Options{Post: func(func()) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 3000 {
		d := s.Document
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

// Damaged records give a state that can be worked with.
func TestMutatedState(t *testing.T) {
	seeds := [3][][]byte{
		{[]byte(`{"Frame":{"Min":{"X":1},"Max":{"X":-9}},"Picture":"../../etc"}`), []byte(`{"Frame":{"Min":{"X":1,"Y":2},"Max":{"X":65,"Y":66}},"Made":[1,2]}`)},
		{[]byte(`{"Candidates":[{"Mode":77}]}`), []byte(`{"Selected":-5,"Candidates":[{"Frame":{"Max":{"X":64,"Y":64}},"Job":{"Frame":{"Max":{"X":64,"Y":64}}}}]}`)},
		{[]byte(`{"Runs":[{"Index":-1,"Count":9}]}`), []byte(`{"Last":9223372036854775807,"Runs":[{"ID":1,"Count":2,"Job":{"Frame":{"Max":{"X":4611686018427387903}}}}]}`)}}
	r := rand.New(rand.NewPCG(3, 4))
	s, err := New(Options{Post: func(func()) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := projectBlobs{entries: map[string][]byte{}}
	for range 3000 {
		var d savedDocument
		if json.Unmarshal(damaged(r, seeds[0][r.IntN(2)]), &d) == nil {
			s.Document.restore(d, nil, b)
		}
		var c savedTray
		if json.Unmarshal(damaged(r, seeds[1][r.IntN(2)]), &c) == nil {
			s.Tray.restore(c, b)
		}
		var runs savedRuns
		if json.Unmarshal(damaged(r, seeds[2][r.IntN(2)]), &runs) == nil {
			for _, v := range runs.Runs {
				var err error
				run := &Run{Mode: v.Mode, Frame: v.Frame, Count: v.Count, Index: v.Index, studio: s}
				if run.job = v.Job.restore(b, &err); err == nil && run.check() == nil && run.job.frame.Dx() > frameSide {
					t.Fatal("a run was taken whose frame cannot be:", run.job.frame)
				}
			}
		}
		if !placed(s.Document.Frame) {
			t.Fatal("a frame was restored that cannot be:", s.Document.Frame)
		}
		s.Plan()
		s.Tray.Next()
		s.Tray.Keep()
	}
}
