package text

import (
	"slices"
	"testing"

	"nirvana/engine/tensor"
)

func ofQwen() (v vision) {
	v.Token, v.Cut.Side, v.Cut.Merge, v.Cut.Window = 151655, 14, 2, 112
	return v
}

// Sizes of transformers' smart_resize with a factor of 28, at least 56 x 56 px and at most 12845056 px.
func TestSeenSize(t *testing.T) {
	for _, c := range [][4]int{{1024, 1024, 1036, 1036}, {384, 384, 392, 392}, {42, 70, 56, 56}, {20, 20, 56, 56}, {10, 400, 28, 364}, {5000, 4000, 4004, 3192}} {
		if w, h := ofQwen().fit(c[0], c[1]); w != c[2] || h != c[3] {
			t.Errorf("%dx%d is seen at %dx%d, not %dx%d", c[0], c[1], w, h, c[2], c[3])
		}
	}
}

// Every patch has one place in a window of its neighbourhood, the last windows of a row and column are not full.
func TestWindows(t *testing.T) {
	var seen sights
	seen.add(ofQwen(), tensor.Zeros(1, 3, 5*28, 9*28))
	if g := seen.grids[0]; g.rows != 5 || g.columns != 9 {
		t.Fatalf("%d x %d tokens", g.rows, g.columns)
	}
	in := seen.inputs(false)
	members, filled, places, at := in["window_rows"], in["window_filled"], in["window_places"], in["patch_positions"]
	if !slices.Equal(members.Shape, []int{6, 64}) || !slices.Equal(in["pixel_values"].Shape, []int{180, 1176}) {
		t.Fatalf("windows %v, patches %v", members.Shape, in["pixel_values"].Shape)
	}
	sum := float32(0)
	for _, f := range filled.Data {
		sum += f
	}
	if sum != 180 {
		t.Errorf("%g places are filled", sum)
	}
	for i := range 180 {
		place := int(places.Data[i])
		if members.Data[place] != float32(i) || filled.Data[place] != 1 {
			t.Fatalf("patch %d is not at its place", i)
		}
		if y, x := int(at.Data[2*i]), int(at.Data[2*i+1]); place/64 != y/8*3+x/8 {
			t.Errorf("patch %d, row %d, column %d, is in window %d", i, y, x, place/64)
		}
	}
	if got := at.Data[:10]; !slices.Equal(got, []float32{0, 0, 0, 1, 1, 0, 1, 1, 0, 2}) {
		t.Errorf("the patches begin with %v: four neighbours belong together", got)
	}
}

// Of two pictures each patch attends to those of its own, in groups as large as the larger picture.
func TestPicturesApart(t *testing.T) {
	var seen sights
	seen.add(ofQwen(), tensor.Zeros(1, 3, 28, 2*28))
	seen.add(ofQwen(), tensor.Zeros(1, 3, 28, 28))
	in := seen.inputs(true)
	if got := in["picture_rows"]; !slices.Equal(got.Shape, []int{2, 8}) || !slices.Equal(got.Data[8:12], []float32{8, 9, 10, 11}) {
		t.Errorf("%v %v", got.Shape, got.Data)
	}
	if got := in["picture_filled"].Data; !slices.Equal(got, []float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}) {
		t.Errorf("filled %v", got)
	}
	if got := in["picture_places"].Data; got[7] != 7 || got[8] != 8 || got[11] != 11 {
		t.Errorf("places %v", got)
	}
	if got := in["window_rows"].Shape; got[0] != 2 {
		t.Errorf("windows %v", got)
	}
	if _, there := seen.inputs(false)["picture_rows"]; there {
		t.Error("an encoder of one picture is given groups of pictures")
	}
}

// Places of two words, a picture of 2 x 3 tokens and two words, as transformers' get_rope_index gives them; of a second picture
// of 1 x 2 tokens behind them; and where the rows of all are.
func TestPlacesAround(t *testing.T) {
	s := sights{grids: []grid{{2, 3}}}
	ids, sources, places, err := s.within([]int{5, 6, 9, 7, 8}, 9)
	want := []float32{0, 1, 2, 2, 2, 2, 2, 2, 5, 6, 0, 1, 2, 2, 2, 3, 3, 3, 5, 6, 0, 1, 2, 3, 4, 2, 3, 4, 5, 6}
	if err != nil || !slices.Equal(places.Data, want) || !slices.Equal(ids, []int{5, 6, 9, 9, 9, 9, 9, 9, 7, 8}) {
		t.Errorf("%v, %v, %v", err, ids, places.Data)
	}
	if !slices.Equal(sources.Data, []float32{0, 1, 10, 11, 12, 13, 14, 15, 8, 9}) {
		t.Errorf("rows %v", sources.Data)
	}
	s.grids = append(s.grids, grid{1, 2})
	ids, sources, places, err = s.within([]int{9, 5, 9, 6}, 9)
	if err != nil || len(ids) != 10 || !slices.Equal(sources.Data, []float32{10, 11, 12, 13, 14, 15, 6, 16, 17, 9}) {
		t.Errorf("%v, %v, rows %v", err, ids, sources.Data)
	}
	if want := []float32{0, 1, 2, 0, 1, 2, 3, 4, 5, 6}; !slices.Equal(places.Data[20:], want) {
		t.Errorf("columns %v", places.Data[20:])
	}
	if _, _, _, err = s.within([]int{9, 5}, 9); err == nil {
		t.Error("a picture without a token is no error")
	}
}
