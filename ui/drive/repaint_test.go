//go:build window

package drive

import (
	"fmt"
	"hash/maphash"
	"image"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkRepaint pans the view for some seconds, at rest and while pictures are being made, and counts the frames
// that come up on the screen. The window is painted 60 times a second at most; where the processor also plays the
// graphics card, as in a display without one, less may come of it, so the two are held against each other.
func BenchmarkRepaint(b *testing.B) {
	b.Run("rest", func(b *testing.B) { repaint(b, false) })
	b.Run("generating", func(b *testing.B) { repaint(b, true) })
}

func repaint(b *testing.B, generating bool) {
	s := open(b, image.Pt(1280, 800), nil)
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.must(s.display.Press("ctrl+Return"))
	s.rest()
	for b.Loop() {
		if generating {
			for range 12 { // queued
				s.must(s.display.Press("ctrl+Return"))
			}
		}
		s.must(s.display.Click(s.at(80, 700))) // takes the keyboard from the prompt
		s.must(s.display.Press("h"))
		frames, took := s.pan(4 * time.Second)
		b.ReportMetric(float64(frames)/took.Seconds(), "frames/s")
		b.ReportMetric(0, "ns/op")
	}
}

// pan drags the view to and fro for so long and counts the frames.
func (s *studio) pan(long time.Duration) (frames int, took time.Duration) {
	const pause = "0.004"
	var moves []string
	middle := image.Pt((s.canvas().Min.X+s.canvas().Max.X)/2, (s.canvas().Min.Y+s.canvas().Max.Y)/2)
	for i := range 100 {
		moves = append(moves, "mousemove", fmt.Sprint(middle.X+i-50), fmt.Sprint(middle.Y+i%7), "sleep", pause)
	}
	s.must(s.display.Hover(middle))
	_, err := s.display.xdotool("mousedown", "1")
	s.must(err)
	stop, stopped := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if _, err := s.display.xdotool(moves...); err != nil {
				stopped <- err
				return
			}
		}
	}()
	rows := image.Rect(0, middle.Y+100, s.window.Bounds.Dx(), middle.Y+104) // away from the pointer, which is drawn there too
	frames, took = s.frames(rows, long)
	close(stop)
	s.must(<-stopped)
	_, err = s.display.xdotool("mouseup", "1")
	s.must(err)
	return frames, took
}

// frames counts how often a few rows of the screen change, looking every two milliseconds.
func (s *studio) frames(rows image.Rectangle, long time.Duration) (frames int, took time.Duration) {
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
	for ; took < long; took = time.Since(began) {
		_, err := file.ReadAt(pixels, top+int64(stride*rows.Min.Y))
		s.must(err)
		if sum := maphash.Bytes(seed, pixels); sum != last {
			last = sum
			frames++
		}
		time.Sleep(2 * time.Millisecond)
	}
	return frames, took
}
