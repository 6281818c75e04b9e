package ui

import (
	"image/color"
	"testing"
)

// Hue, saturation and value of a colour give it back.
func TestHSV(t *testing.T) {
	for r := 0; r < 256; r += 5 {
		for g := 0; g < 256; g += 3 {
			for b := 0; b < 256; b += 5 {
				c := color.NRGBA{uint8(r), uint8(g), uint8(b), 255}
				if got := rgbOf(hsv(c)); got != c {
					t.Fatalf("%v came back as %v", c, got)
				}
			}
		}
	}
	if h, s, v := hsv(color.NRGBA{0, 0, 255, 255}); h != 240 || s != 1 || v != 1 {
		t.Error("blue is", h, s, v)
	}
}

func TestHex(t *testing.T) {
	for text, want := range map[string]color.NRGBA{"#ff8000": {255, 128, 0, 255}, "FF8000": {255, 128, 0, 255}, " #f80 ": {255, 136, 0, 255}, "#ff8000cc": {255, 128, 0, 255}} {
		if got, ok := readColor(text); !ok || got != want {
			t.Errorf("%q is %v %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "#", "red", "#12345", "#gggggg"} {
		if got, ok := readColor(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// The mark of a grey, at the square's left edge, is a whole ring: its half outside of the square is drawn too.
func TestWheelMark(t *testing.T) {
	w := newWheel(nil)
	w.set(color.NRGBA{119, 119, 119, 255})
	img := w.draw(168, 168)
	r := 84.0
	x, y := int(r-squareHalf*r-5), int(r+(1-2*w.v)*squareHalf*r)
	if _, _, _, a := img.At(x, y).RGBA(); a != 0xffff {
		t.Errorf("the mark's left side has an alpha of %d", a)
	}
	if _, _, _, a := img.At(x-4, y).RGBA(); a != 0 {
		t.Errorf("beside the mark the alpha is %d", a)
	}
}
