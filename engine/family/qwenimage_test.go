package family

import (
	"slices"
	"testing"
)

// Positions of 3 x 2 tokens around the middle, and of the text behind the longer half side, as in diffusers' QwenEmbedRope
// with scale_rope.
func TestQwenImagePositions(t *testing.T) {
	want := []float32{1, -2, -1, 1, -2, 0, 1, -1, -1, 1, -1, 0, 1, 0, -1, 1, 0, 0}
	if got := centred(1, 3, 2); !slices.Equal(got.Data, want) {
		t.Errorf("the picture's are %v", got.Data)
	}
	if got := following(4, 2); !slices.Equal(got.Data, []float32{4, 4, 4, 5, 5, 5}) {
		t.Errorf("the text's are %v", got.Data)
	}
}
