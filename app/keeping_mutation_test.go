package app

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"nirvana/app/document"
	"nirvana/app/journal"
	"nirvana/app/task"
	"nirvana/app/tray"
	"nirvana/app/worker"
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
	b := journal.Entries{Files: map[string][]byte{}}
	for range 3000 {
		var d document.Saved
		if json.Unmarshal(damaged(r, seeds[0][r.IntN(2)]), &d) == nil {
			s.Document.Restore(d, nil, nil, b)
		}
		var c tray.Saved
		if json.Unmarshal(damaged(r, seeds[1][r.IntN(2)]), &c) == nil {
			read, _ := tray.Load(c, b)
			s.takeResults(read)
		}
		var runs worker.SavedList
		if json.Unmarshal(damaged(r, seeds[2][r.IntN(2)]), &runs) == nil {
			for _, v := range runs.Runs {
				var err error
				run := &Run{Mode: v.Mode, Frame: v.Frame, Count: v.Count, Index: v.Index}
				if run.Job = v.Job.Restore(b, &err); err == nil && run.Check() == nil && run.Job.Frame.Dx() > task.FrameSide {
					t.Fatal("a run was taken whose frame cannot be:", run.Job.Frame)
				}
			}
		}
		if !task.Placed(s.Document.Frame) {
			t.Fatal("a frame was restored that cannot be:", s.Document.Frame)
		}
		s.Plan()
		s.Tray.Next()
		s.Tray.Keep()
	}
}
