//go:build window

package drive

import (
	"fmt"
	"hash/maphash"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkRepaint pans the view for some seconds, at rest and while pictures are being made, and counts the frames
// that come up on the screen. The window is painted 60 times a second at most; where the processor also plays the
// graphics card, as in a display without one, less may come of it, so the two are held against each other.
func BenchmarkRepaint(b *testing.B) {
	b.Run("rest", func(b *testing.B) { repaint(b, false) })
	b.Run("generating", func(b *testing.B) { repaint(b, true) })
	b.Run("preparing", repaintPreparing)
	b.Run("undoing", repaintUndoing)
}

func repaint(b *testing.B, generating bool) {
	s := open(b, image.Pt(1280, 800), nil)
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.must(s.display.Press("ctrl+Return"))
	s.rest()
	for b.Loop() {
		if generating {
			for range 24 { // queued
				s.must(s.display.Press("ctrl+Return"))
			}
		}
		s.unfocus()
		s.must(s.display.Press("h"))
		tellFrames(b, s.pan(6*time.Second))
	}
}

// repaintPreparing pans while inpaints of 2048 x 2048 px are asked for, one after the other: what each reads is filled,
// grown and resized meanwhile.
func repaintPreparing(b *testing.B) {
	_, path := noisy(b, 2048, 3)
	s := open(b, image.Pt(1280, 800), nil, path)
	s.rest()
	s.must(s.display.Click(s.at(80, 700)))
	s.must(s.display.Press("b"))
	s.must(s.display.Drag(s.spot(0.3, 0.3), s.spot(0.5, 0.5), s.spot(0.7, 0.4)))
	s.must(s.display.Press("h"))
	for b.Loop() {
		tellFrames(b, s.panning(6*time.Second, "ctrl+Return", 700*time.Millisecond))
	}
}

// repaintUndoing pans while the strokes of an earlier start are undone and done again, in a picture of 2048 x 2048 px.
func repaintUndoing(b *testing.B) {
	_, path := noisy(b, 2048, 3)
	s := open(b, image.Pt(1280, 800), nil, path)
	s.rest()
	s.must(s.display.Click(s.at(80, 700)))
	s.must(s.display.Press("b"))
	for i := range 16 {
		y := 0.1 + 0.05*float64(i)
		s.must(s.display.Drag(s.spot(0.1, y), s.spot(0.5, y+0.1), s.spot(0.9, y)))
	}
	s.rest()
	for b.Loop() {
		s.must(s.program.Close())
		var err error
		s.program, err = s.display.Start(s.home, *program, nil)
		s.must(err)
		s.window, err = s.program.Window("(.* - )?Nirvana", startLimit)
		s.must(err)
		s.rest()
		s.must(s.display.Click(s.at(80, 700)))
		s.must(s.display.Press("h"))
		tellFrames(b, s.panning(6*time.Second, "ctrl+z", 350*time.Millisecond))
	}
}

// panning is pan, with a key pressed again and again.
func (s *studio) panning(long time.Duration, key string, every time.Duration) []time.Duration {
	ended, quit := make(chan error, 1), make(chan struct{})
	go func() {
		for {
			select {
			case <-quit:
				ended <- nil
				return
			case <-time.After(every):
			}
			if err := s.display.Press(key); err != nil {
				ended <- err
				return
			}
		}
	}()
	frames := s.pan(long)
	close(quit)
	s.must(<-ended)
	return frames
}

// tellFrames tells how many frames came up, and how long the slow ones took.
func tellFrames(b *testing.B, frames []time.Duration) {
	if len(frames) == 0 {
		b.Fatal("no frame came up")
	}
	b.ReportMetric(float64(len(frames))/sum(frames).Seconds(), "frames/s")
	slices.Sort(frames)
	at := func(share float64) float64 { return frames[int(share*float64(len(frames)-1))].Seconds() * 1000 }
	b.ReportMetric(at(0.5), "ms-median")
	b.ReportMetric(at(0.95), "ms-95%")
	b.ReportMetric(at(1), "ms-most")
	quick, _ := slices.BinarySearch(frames, 25*time.Millisecond)
	b.ReportMetric(100*float64(quick)/float64(len(frames)), "%-under-25ms")
	b.ReportMetric(0, "ns/op")
}

func sum(all []time.Duration) (out time.Duration) {
	for _, d := range all {
		out += d
	}
	return out
}

// pan drags the view to and fro for so long and gives the times between frames.
func (s *studio) pan(long time.Duration) []time.Duration {
	away := s.spot(0, 0.5).Y + 100 // from the pointer, which is drawn there too
	return s.drag(image.Rect(0, away, s.window.Bounds.Dx(), away+4), long)
}

// drag moves the pointer to and fro with the button held, and gives the times between changes of some rows.
func (s *studio) drag(rows image.Rectangle, long time.Duration) []time.Duration {
	const pause = 4 * time.Millisecond
	middle := s.spot(0.5, 0.5)
	var moves []string // all of them in one call: starting xdotool again would pause
	for i := range int(long / pause) {
		x := i % 200
		moves = append(moves, "mousemove", fmt.Sprint(middle.X+min(x, 200-x)-50), fmt.Sprint(middle.Y+i%7), "sleep", fmt.Sprint(pause.Seconds()))
	}
	s.must(s.display.Hover(middle))
	_, err := s.display.xdotool("mousedown", "1")
	s.must(err)
	stopped := make(chan error)
	go func() {
		_, err := s.display.xdotool(moves...)
		stopped <- err
	}()
	frames := s.frames(rows, long)
	s.must(<-stopped)
	_, err = s.display.xdotool("mouseup", "1")
	s.must(err)
	return frames
}

// frames gives the times between changes of a few rows of the screen, looking every millisecond.
func (s *studio) frames(rows image.Rectangle, long time.Duration) (frames []time.Duration) {
	file, err := os.Open(filepath.Join(s.display.folder, "Xvfb_screen0"))
	s.must(err)
	defer file.Close()
	end, err := file.Seek(0, io.SeekEnd)
	s.must(err)
	stride := s.display.Size.X * 4
	top := end - int64(stride*s.display.Size.Y) // the pixels are the file's end
	pixels := make([]byte, stride*rows.Dy())
	seed, last := maphash.MakeSeed(), uint64(0)
	began := time.Now()
	changed := began
	for time.Since(began) < long {
		_, err := file.ReadAt(pixels, top+int64(stride*rows.Min.Y))
		s.must(err)
		if sum := maphash.Bytes(seed, pixels); sum != last {
			now := time.Now()
			if last != 0 {
				frames = append(frames, now.Sub(changed))
			}
			last, changed = sum, now
		}
		time.Sleep(time.Millisecond)
	}
	return frames
}
