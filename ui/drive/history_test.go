//go:build window

package drive

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/app/recipe"
)

// manyPictures fills a data folder with pictures and no index over them, as if the index had been lost.
func manyPictures(t testing.TB, home string, n int) {
	t.Helper()
	folder := filepath.Join(home, "pictures")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	words := strings.Fields("red blue golden kite castle river sea forest night morning portrait old young cat fox ship oil ink mist")
	random := rand.New(rand.NewPCG(1, 1))
	when := time.Now().Add(-time.Duration(n) * time.Minute)
	for i := range n {
		img := image.NewRGBA(image.Rect(0, 0, 96, 72))
		hue := float64(i) / 300
		wave := func(by float64) uint8 { return uint8(128 + 127*math.Sin(2*math.Pi*(hue+by))) }
		draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{wave(0), wave(0.33), wave(0.67), 255}), image.Point{}, draw.Src)
		draw.Draw(img, image.Rect(i%80, i/80%60, i%80+16, i/80%60+12), image.White, image.Point{}, draw.Src)
		var prompt []string
		for range 8 {
			prompt = append(prompt, words[random.IntN(len(words))])
		}
		var file bytes.Buffer
		if err := png.Encode(&file, img); err != nil {
			t.Fatal(err)
		}
		when = when.Add(time.Minute)
		data, err := recipe.Embed(file.Bytes(), recipe.Recipe{Prompt: strings.Join(prompt, " "), Model: "nirvana", Seed: uint64(i), Steps: 20, Width: 96, Height: 72, Made: when.UTC().Format(time.RFC3339)})
		path := filepath.Join(folder, fmt.Sprintf("%064d.png", i))
		if err == nil {
			err = os.WriteFile(path, data, 0o644)
		}
		if err == nil {
			err = os.Chtimes(path, when, when)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkHistory goes through 10,000 pictures in the large list, by wheel and by search, and counts the frames that
// come up on the screen. The index is made from the pictures first.
func BenchmarkHistory(b *testing.B) {
	home := b.TempDir()
	manyPictures(b, home, 10000)
	began := time.Now()
	s := openAt(b, home, image.Pt(1280, 800), nil)
	s.rest()
	b.ReportMetric(time.Since(began).Seconds(), "s-to-start")
	notice, err := s.display.Watch(image.Rect(100, 40, 850, 90).Add(s.window.Bounds.Min))
	s.must(err)
	s.must(notice.UntilChanges(1, 10*time.Minute)) // it goes when the index is whole
	b.ReportMetric(time.Since(began).Seconds(), "s-to-index")
	strip := s.wheel(s.at(600, 725))
	s.must(s.display.Click(s.at(282, 705)))
	list := image.Rect(20, 80, 840, 740).Add(s.window.Bounds.Min)
	look, err := s.display.Watch(list)
	s.must(err)
	s.must(look.UntilStill(time.Second, runLimit))
	s.keep("history-0.png")
	// settled waits until the list has changed and stands still again, and says how long the changes went on.
	settled := func() time.Duration {
		began := time.Now()
		s.must(look.UntilChanges(look.Changes+1, runLimit))
		s.must(look.UntilStill(700*time.Millisecond, runLimit))
		return look.Changed.Sub(began)
	}
	for b.Loop() {
		report(b, "list", s.wheel(s.at(500, 400)))
		s.must(look.UntilStill(700*time.Millisecond, runLimit))
		s.keep("history-1.png")
		s.must(s.display.Click(s.at(400, 47)))
		s.must(s.display.Type("kite fox"))
		b.ReportMetric(settled().Seconds()*1000, "ms-to-search")
		s.keep("history-2.png")
		s.must(s.display.Press("ctrl+a", "BackSpace"))
		settled()
	}
	report(b, "strip", strip)
	b.ReportMetric(float64(s.program.Memory())/1e6, "MB")
	b.ReportMetric(0, "ns/op")
}

// wheel turns the wheel for six seconds and gives the times between the frames that come up beside the pointer.
func (s *studio) wheel(at image.Point) []time.Duration {
	s.must(s.display.Hover(at))
	wheeled := make(chan error)
	go func() {
		_, err := s.display.xdotool("click", "--repeat", "400", "--delay", "15", "5")
		wheeled <- err
	}()
	frames := s.frames(image.Rect(at.X-60, at.Y+10, at.X+60, at.Y+14), 6*time.Second)
	s.must(<-wheeled)
	return frames
}

func report(b *testing.B, name string, frames []time.Duration) {
	b.ReportMetric(float64(len(frames))/sum(frames).Seconds(), name+"-frames/s")
	slices.Sort(frames)
	b.ReportMetric(frames[len(frames)/2].Seconds()*1000, name+"-ms-median")
}

// keep writes a screenshot where -out says; nowhere without it.
func (s *studio) keep(name string) {
	if *out != "" {
		s.save(filepath.Join(*out, name))
	}
}
