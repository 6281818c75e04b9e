package tray

import (
	"fmt"
	"testing"
)

func TestSeamShows(t *testing.T) {
	for seam, want := range map[float64]bool{0: false, 0.7: false, 1: false, 1.0049: false, 1.0051: true, 1.4: true} {
		c := Candidate{Seam: seam}
		if c.SeamShows() != want || (fmt.Sprintf("%.2f", seam) > "1.00") != want {
			t.Errorf("a seam of %v: %v, told as %.2f", seam, c.SeamShows(), seam)
		}
	}
}
