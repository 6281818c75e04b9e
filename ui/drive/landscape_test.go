//go:build window

package drive

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"regexp"
	"slices"
	"testing"
)

// A landscape is painted in four colours on two layers, Live follows it and is taken, the taken picture is moved aside and
// painted under, everything is undone and done again, and what is there is saved as .ora and as PSD with all its layers.
func TestWindowLandscape(t *testing.T) {
	t.Parallel()
	size := image.Pt(1280, 1100)
	s := open(t, size, nil)
	s.resize(size)
	at := func(x, y float64) image.Point { return s.at(101+int(800*x), 78+int(800*y)) } // of the picture, shown 800 px wide
	drag := func(x0, y0, x1, y1 float64) { s.must(s.display.Drag(at(x0, y0), at(x1, y1))) }
	colour := func(hex string) {
		s.must(s.display.Click(s.at(1060, 948)))
		s.must(s.display.Press("ctrl+a"))
		s.must(s.display.Type(hex))
		s.must(s.display.Press("Return"))
		var r, g, b int
		fmt.Sscanf(hex, "%02x%02x%02x", &r, &g, &b)
		s.until("the colour "+hex+" is not set", func() bool { return s.count(s.at(5, 90), s.at(40, 125), r, g, b) > 100 })
		s.must(s.display.Click(s.at(60, 700))) // beside the picture, so that keys are the canvas's
	}
	rest := func() {
		s.away()
		s.stands(s.window.Bounds)
	}
	ticked := func(y int) bool { return s.count(s.at(1060, y), s.at(1095, y+40), 64, 156, 255) > 50 }
	s.must(eventually(startLimit, func() (bool, error) { return ticked(560), nil })) // the model is open: its check boxes are there
	s.must(s.display.Type("a tree on a hill"))
	s.must(s.display.Click(s.at(60, 700)))
	s.must(s.display.Press("q", "r"))
	drag(0.1, 0.1, 0.9, 0.9) // so that there is a picture
	s.until("the panel has no room for the strength", func() bool { return ticked(600) })
	rest()
	s.appears(func() { s.must(s.display.Click(s.at(1000, 737))) }) // the fold of colour

	colour("4080d0")
	drag(0.01, 0.01, 0.99, 0.6)
	colour("307030")
	drag(0.01, 0.6, 0.99, 0.99)
	colour("e0c020")
	s.must(s.display.Press("x"))
	colour("704020")
	s.appears(func() { s.must(s.display.Click(s.at(1000, 703))) }) // the fold of layers
	s.must(s.display.Click(s.at(987, 775)))                        // a layer more
	s.must(s.display.Click(s.at(60, 700)))
	drag(0.2, 0.4, 0.3, 0.75)
	s.must(s.display.Press("x", "o"))
	drag(0.6, 0.1, 0.8, 0.3)
	for name, c := range map[string][3]int{"sky": {0x40, 0x80, 0xd0}, "hill": {0x30, 0x70, 0x30}, "sun": {0xe0, 0xc0, 0x20}, "trunk": {0x70, 0x40, 0x20}} {
		s.until("the "+name+" is not seen", func() bool { return s.count(at(0, 0), at(1, 1), c[0], c[1], c[2]) >= 8000 })
	}
	rest()
	s.shot("landscape-1-painted")

	beside := image.Rect(520, 300, 890, 660) // where the live picture is, once the view has room for it
	s.must(s.display.Press("j"))
	s.must(eventually(runLimit, func() (bool, error) { // the button that takes it is there, beside a narrower Generate
		return s.count(s.at(1205, 175), s.at(1228, 200), 64, 156, 255) == 0, nil
	}))
	rest()
	first := s.show(beside)
	s.shot("landscape-2-live")
	s.must(s.display.Drag(s.at(200, 400), s.at(300, 500)))
	s.must(eventually(runLimit, func() (bool, error) { return far(s.show(beside), first) > 0.2, nil }))
	s.must(s.display.Click(s.at(1216, 189)))
	s.must(s.display.Click(s.at(60, 700)))
	s.must(s.display.Press("j", "v"))
	rest()
	s.shot("landscape-3-taken")
	sky := func() int { return s.count(at(0.02, 0.02), at(0.4, 0.35), 0x40, 0x80, 0xd0) }
	if n := sky(); n > 20000 {
		t.Errorf("the live picture was not taken over all: the painted sky is seen in %d pixels", n)
	}
	drag(0.3, 0.5, 0.8, 0.5)
	s.must(eventually(runLimit, func() (bool, error) { return sky() > 50000, nil })) // moved aside
	rest()
	s.must(s.display.Click(s.at(1060, 805))) // the lowest layer
	s.must(s.display.Click(s.at(60, 700)))
	s.must(s.display.Press("r"))
	drag(0.1, 0.85, 0.9, 0.95)
	s.must(eventually(runLimit, func() (bool, error) { return s.count(at(0.1, 0.84), at(0.48, 0.96), 0xe0, 0xc0, 0x20) > 10000, nil }))
	rest()
	s.shot("landscape-4-under")
	if n := s.count(at(0.52, 0.84), at(0.9, 0.96), 0xe0, 0xc0, 0x20); n > 500 {
		t.Errorf("paint under the live picture is seen over it in %d pixels", n)
	}

	again := func(key string) { // in one call: twenty would take seconds
		_, err := s.display.xdotool(append([]string{"key", "--delay", "15"}, slices.Repeat([]string{key}, 20)...)...)
		s.must(err)
		rest()
	}
	whole := s.show(image.Rect(101, 78, 901, 878))
	again("ctrl+z")
	if n := sky(); n > 0 {
		t.Errorf("all undone, %d pixels of the sky are seen", n)
	}
	again("ctrl+y")
	if far(s.show(image.Rect(101, 78, 901, 878)), whole) > 0 {
		t.Error("all done again, it is another picture")
	}
	s.shot("landscape-5-again")
	ora, psd := s.saved("ctrl+s", "land.ora"), s.saved("ctrl+e", "land.psd")
	checkLayered(t, ora, psd)
	checkInKrita(t, ora, psd)
}

// checkLayered wants three layers in both files, and the picture with the paint under the live picture.
func checkLayered(t *testing.T, ora, psd string) {
	t.Helper()
	z, err := zip.OpenReader(ora)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	entry := func(name string) []byte {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		data, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if n := len(regexp.MustCompile(`<layer `).FindAll(entry("stack.xml"), -1)); n != 3 {
		t.Errorf("the .ora has %d layers", n)
	}
	merged, err := z.Open("mergedimage.png")
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(merged)
	if err != nil || img.Bounds().Dx() != 256 {
		t.Fatal("the merged picture is ", img.Bounds(), err)
	}
	if r, g, b, _ := img.At(64, 230).RGBA(); r>>8 != 0xe0 || g>>8 != 0xc0 || b>>8 != 0x20 {
		t.Errorf("the paint under the live picture is %02x%02x%02x", r>>8, g>>8, b>>8)
	}
	data, err := os.ReadFile(psd)
	if err != nil || len(data) < 100 || string(data[:4]) != "8BPS" || binary.BigEndian.Uint32(data[14:]) != 256 {
		t.Fatal("the PSD is none of 256 px", err)
	}
	at := 26 + 4 + int(binary.BigEndian.Uint32(data[26:])) // past the header and the colour mode
	at += 4 + int(binary.BigEndian.Uint32(data[at:]))      // and the resources
	if n := int16(binary.BigEndian.Uint16(data[at+8:])); n != 3 && n != -3 {
		t.Errorf("the PSD has %d layers", n)
	}
}
