//go:build window

package drive

import (
	"bytes"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A region is made from the mask and given words; the panel says that it acts in attention, the button beside mixes predictions
// instead, and the picture's recipe says which it was.
func TestWindowRegions(t *testing.T) {
	t.Parallel()
	size := image.Pt(1280, 1100)
	s := open(t, size, nil)
	s.resize(size)
	rest := func() {
		s.away()
		s.stands(s.window.Bounds)
	}
	s.must(eventually(startLimit, func() (bool, error) { // the model is open: its check boxes are there
		return s.count(s.at(1060, 560), s.at(1095, 600), 64, 156, 255) > 50, nil
	}))
	s.must(s.display.Type("green meadow"))
	s.must(s.display.Click(s.at(60, 700)))
	s.must(s.display.Click(s.at(1000, 767))) // the fold of regions
	rest()
	s.must(s.display.Click(s.at(1060, 803))) // an empty canvas becomes one that can be masked
	rest()
	s.shot("regions-1-told")
	s.must(s.display.Click(s.at(60, 700)))
	s.must(s.display.Press("r"))
	s.must(s.display.Drag(s.at(150, 150), s.at(450, 800)))
	rest()
	s.shot("regions-2-masked")
	s.must(s.display.Click(s.at(1060, 803)))
	rest()
	s.must(s.display.Click(s.at(1000, 803))) // the region's words
	s.must(s.display.Type("a red apple"))
	rest()
	s.shot("regions-3-words")
	if n := s.count(s.at(140, 300), s.at(160, 700), 64, 156, 255); n < 300 {
		t.Errorf("%d pixels of the region's left edge are outlined", n)
	}

	s.must(s.display.Click(s.at(1078, 273))) // few steps, without sliders of their own
	s.must(s.display.Click(s.at(60, 700)))
	for _, mode := range []string{"attention", "prediction"} {
		if mode == "prediction" {
			s.must(s.display.Click(s.at(1076, 752)))
			s.must(s.display.Click(s.at(60, 700)))
		}
		s.made(func() { s.must(s.display.Press("ctrl+Return")) })
		s.shot("regions-4-" + mode)
		s.until("no recipe says that the regions acted by "+mode, func() bool { return s.recorded(`"region_mode":"` + mode) })
		s.must(s.display.Press("Delete"))
		rest()
	}
}

// recorded reports whether a picture in the data folder has a text in its recipe.
func (s *studio) recorded(text string) (there bool) {
	s.must(filepath.WalkDir(s.home, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".png" {
			return nil // it may be renamed meanwhile
		}
		data, err := os.ReadFile(path)
		there = there || err == nil && bytes.Contains(data, []byte(text))
		return nil
	}))
	return there
}
