//go:build window

package drive

import (
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"testing"
)

var out = flag.String("out", "", "folder that the screenshots go into")

// TestScreenshots takes a numbered picture of each main state of the window, for people to look at. It fails where
// a state cannot be reached.
func TestScreenshots(t *testing.T) {
	if *out == "" {
		t.Fatal("say where the pictures go: -out FOLDER (make screenshots does)")
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		t.Fatal(err)
	}
	number := 0
	picture := func(s *studio, state string) {
		number++
		s.save(filepath.Join(*out, fmt.Sprintf("%02d-%s.png", number, state)))
	}

	t.Run("dark", func(t *testing.T) {
		s := open(t, image.Pt(1440, 900), nil)
		s.resize(image.Pt(1440, 900))
		s.rest()
		picture(s, "empty")
		tip, err := s.display.Watch(image.Rectangle{s.at(60, 60), s.at(240, 100)})
		s.must(err)
		s.must(s.display.Hover(s.at(22, 105))) // the frame tool; its tip is shown over the canvas
		s.must(tip.UntilChanges(1, runLimit))
		picture(s, "tip")
		s.runHalf()
		picture(s, "running")
		s.rest()
		picture(s, "finished")
		s.must(s.display.Drag(s.timeline(0.9), s.timeline(0.5), s.timeline(0.3)))
		s.rest()
		picture(s, "timeline")
		s.must(s.display.Click(s.at(100, 400)))
		s.must(s.display.Press("End", "n", "Left", "Left", "Left"))
		s.rest()
		picture(s, "noise")
		s.must(s.display.Press("Escape"))
		s.stopEarly()
		picture(s, "stopped")
		s.must(s.display.Press("F1"))
		s.rest()
		picture(s, "shortcuts")
		s.must(s.display.Press("Escape"))
		s.must(s.display.Press("b"))
		s.must(s.display.Drag(s.at(400, 300), s.at(500, 420), s.at(640, 300)))
		s.rest()
		picture(s, "mask")
		s.must(s.display.Press("ctrl+e"))
		_, err = s.program.Window("(Save|Export)", runLimit)
		s.must(err)
		s.rest()
		picture(s, "export")
		s.must(s.display.Press("Escape"))
	})
	t.Run("table", func(t *testing.T) {
		s := open(t, image.Pt(1440, 900), nil)
		s.resize(image.Pt(1440, 900))
		s.rest()
		s.must(s.display.Click(s.at(1347, 501))) // four pictures
		s.must(s.display.Click(s.at(1280, 100))) // the prompt
		s.runHalf()
		picture(s, "table-running")
		s.rest()
		picture(s, "table")
	})
	t.Run("error", func(t *testing.T) {
		s := open(t, image.Pt(1440, 900), nil, "--model", filepath.Join(t.TempDir(), "no-model-here"))
		s.resize(image.Pt(1440, 900))
		s.rest()
		picture(s, "error")
	})
	for name, locale := range map[string]string{"german": "de_DE.UTF-8", "japanese": "ja_JP.UTF-8"} { // the longest and the widest
		t.Run(name, func(t *testing.T) {
			s := open(t, image.Pt(1280, 800), []string{"LC_ALL=" + locale, "LANG=" + locale})
			s.resize(image.Pt(1280, 800))
			s.rest()
			picture(s, name+"-empty")
			s.runHalf()
			s.rest()
			picture(s, name+"-finished")
			s.must(s.display.Click(s.at(100, 400)))
			s.press("b")
			s.must(s.display.Drag(s.at(300, 300), s.at(400, 420), s.at(540, 300)))
			s.rest()
			picture(s, name+"-mask")
			s.appears(func() { s.must(s.display.Press("F1")) })
			picture(s, name+"-shortcuts")
			s.must(s.display.Press("Escape"))
			s.stands(s.window.Bounds)
			s.appears(func() { s.must(s.display.Press("ctrl+comma")) })
			picture(s, name+"-settings")
			s.must(s.display.Press("Escape"))
		})
	}
	for _, state := range []struct {
		name string
		size image.Point
		env  []string
	}{
		{"light", image.Pt(1440, 900), []string{"FYNE_THEME=light"}},
		{"small", image.Pt(1100, 700), nil},
		{"scale-2", image.Pt(2400, 1600), []string{"FYNE_SCALE=2"}},
		{"4k", image.Pt(3840, 2160), nil},
	} {
		t.Run(state.name, func(t *testing.T) {
			s := open(t, state.size, state.env)
			s.resize(state.size)
			s.rest()
			picture(s, state.name+"-empty")
			s.runHalf()
			picture(s, state.name+"-running")
			s.rest()
			picture(s, state.name+"-finished")
		})
	}
}

// at is a point of the window, in its pixels.
func (s *studio) at(x, y int) image.Point { return s.window.Bounds.Min.Add(image.Pt(x, y)) }

// timeline is the place of a share of the timeline, in a window of 1440 x 900 px.
func (s *studio) timeline(share float64) image.Point { return s.at(60+int(share*470), 771) }

// runHalf types a prompt where none is and generates until half of a run's steps have been seen.
func (s *studio) runHalf() {
	s.Helper()
	s.must(s.display.Type("a red heart"))
	watch := s.watch()
	s.must(s.display.Press("ctrl+Return"))
	s.must(watch.UntilChanges(10, runLimit))
}

// stopEarly generates once more and stops after a few steps.
func (s *studio) stopEarly() {
	s.Helper()
	watch := s.watch()
	s.must(s.display.Press("ctrl+Return"))
	s.must(watch.UntilChanges(4, runLimit))
	s.must(s.display.Press("Escape"))
	s.must(watch.UntilStill(calm, runLimit))
}
