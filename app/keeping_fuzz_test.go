package app

import (
	"encoding/json"
	"image"
	"testing"

	"nirvana/app/journal"
	"nirvana/engine"
)

func FuzzUnpackBlob(f *testing.F) {
	f.Add([]byte{}, 4)
	f.Add([]byte{0x01, 0x00, 0x00, 0xff, 0xff}, 1)
	_, data := journal.Pack(2, 1, 1, []byte{1, 2})
	f.Add(data(), 1)
	f.Fuzz(func(t *testing.T, data []byte, channels int) {
		if _, _, pix, err := journal.Unpack(data, "name", channels); err == nil || pix != nil {
			t.Error("contents that are not their name's were taken")
		}
	})
}

// FuzzUndoStep gives damaged contents to an undo step and undoes it.
func FuzzUndoStep(f *testing.F) {
	b := projectBlobs{entries: map[string][]byte{}}
	var err error
	mask := image.NewGray(image.Rect(0, 0, 40, 30))
	for _, e := range []*edit{
		{name: "brush", frame: image.Rect(0, 0, 64, 64), maskTiles: []tile{copyTile(mask.Pix, mask.Stride, 1, mask.Rect)}},
		{name: "open", frame: image.Rect(0, 0, 64, 64), whole: true, picture: noisy(9, 9, 1), mask: image.NewGray(image.Rect(0, 0, 9, 9))},
		{name: "open", frame: image.Rect(0, 0, 64, 64), whole: true}} {
		data, _ := e.pack(b, &err)
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := New(Options{Post: func(func()) {}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		d := s.Document
		d.Picture, d.Mask = noisy(40, 30, 2), image.NewGray(image.Rect(0, 0, 40, 30))
		e := &edit{name: "step"}
		if e.unpack(data, b) != nil {
			return
		}
		d.undo.done = []*edit{e}
		if d.Undo() {
			d.Redo()
		}
	})
}

func FuzzUnpackStep(f *testing.F) {
	step, _ := packStep(engine.Step{Index: 3, Of: 9, X: engine.Tensor{Shape: []int{1, 2}, Data: []float32{1, 2}}, X0: engine.Tensor{Shape: []int{1, 2}, Data: []float32{3, 4}}})
	var st engine.State
	st.Sampler.X, st.Sampler.Memory, st.Sampler.Numbers = []float32{1}, [][]float32{nil, {2, 3}}, []float64{4}
	state, _ := packState(st)
	f.Add(step)
	f.Add(state)
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := unpackStep(data); err == nil {
			n := 1
			for _, d := range s.X.Shape {
				n *= d
			}
			if len(s.X.Data) != n {
				t.Errorf("%d numbers of shape %v", len(s.X.Data), s.X.Shape)
			}
		}
		unpackState(data)
	})
}

// FuzzSavedState gives damaged records to everything that reads them.
func FuzzSavedState(f *testing.F) {
	f.Add([]byte(`{"Frame":{"Min":{"X":1},"Max":{"X":-9}},"Picture":"../../etc"}`), []byte(`{"Candidates":[{"Mode":77}]}`), []byte(`{"Runs":[{"Index":-1,"Count":9}]}`))
	f.Fuzz(func(t *testing.T, doc, tray, runs []byte) {
		s, err := New(Options{Post: func(func()) {}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		b := projectBlobs{entries: map[string][]byte{}}
		var d savedDocument
		if json.Unmarshal(doc, &d) == nil {
			s.Document.restore(d, nil, b)
		}
		var c savedTray
		if json.Unmarshal(tray, &c) == nil {
			s.Tray.restore(c, b)
		}
		var r savedRuns
		json.Unmarshal(runs, &r)
		if s.Document.Frame.Empty() {
			t.Error("an empty frame was restored")
		}
		s.Plan()
		s.Tray.Next()
		s.Tray.Keep()
	})
}
