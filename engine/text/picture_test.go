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
	in, rows, columns := ofQwen().inputs(tensor.Zeros(1, 3, 5*28, 9*28))
	if rows != 5 || columns != 9 {
		t.Fatalf("%d x %d tokens", rows, columns)
	}
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

// Places of two words, a picture of 2 x 3 tokens and two words, as transformers' get_rope_index gives them.
func TestPositionsAround(t *testing.T) {
	want := []float32{0, 1, 2, 2, 2, 2, 2, 2, 5, 6, 0, 1, 2, 2, 2, 3, 3, 3, 5, 6, 0, 1, 2, 3, 4, 2, 3, 4, 5, 6}
	if got := positionsAround(10, 2, 2, 3); !slices.Equal(got.Data, want) {
		t.Errorf("%v", got.Data)
	}
}
