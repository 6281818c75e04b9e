//go:build window

package drive

import (
	"flag"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var day = flag.Int("day", 120, "pictures that BenchmarkDay makes in the real window")

// BenchmarkDay makes pictures in the real window with the default model, one after the other, and tells what the
// program holds in memory after a third of them and after all, idle.
func BenchmarkDay(b *testing.B) {
	s := open(b, image.Pt(1280, 800), nil)
	s.rest()
	s.must(s.display.Type("a red heart"))
	made := func() int {
		files, _ := os.ReadDir(filepath.Join(s.home, "pictures"))
		return len(files)
	}
	until := func(n int) {
		for pressed := made(); made() < n; {
			for ; pressed < min(made()+10, n); pressed++ { // the queue is never empty, and never long
				s.must(s.display.Press("ctrl+Return"))
			}
			time.Sleep(200 * time.Millisecond)
		}
		s.rest()
		time.Sleep(3 * time.Second) // an idle studio gives memory back
	}
	for b.Loop() {
		until(*day / 3)
		early := s.program.Memory()
		b.Logf("%d pictures: %d MB", made(), early/1e6)
		until(*day)
		b.ReportMetric(float64(early)/1e6, "MB-after-a-third")
		b.ReportMetric(float64(s.program.Memory())/1e6, "MB-at-the-end")
		b.ReportMetric(0, "ns/op")
	}
	s.keep("day.png")
}
