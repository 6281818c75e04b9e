package pixel

import (
	"image"
	"image/draw"
)

// Widened is the picture with m px more on every side, on which it goes on as if it repeated.
func Widened(img *image.RGBA, m image.Point) *image.RGBA {
	if m == (image.Point{}) {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w+2*m.X, h+2*m.Y))
	for y := m.Y - (m.Y+h-1)/h*h; y < out.Rect.Max.Y; y += h {
		for x := m.X - (m.X+w-1)/w*w; x < out.Rect.Max.X; x += w {
			draw.Draw(out, image.Rect(x, y, x+w, y+h), img, img.Rect.Min, draw.Src)
		}
	}
	return out
}

// ResizeAround is Resize of a picture that is seamless in x, y or both: filters see the opposite side beyond an edge.
func ResizeAround(img *image.RGBA, w, h int, x, y bool) *image.RGBA {
	var m image.Point // a whole number of px before and after
	if x {
		m.X = whole(img.Rect.Dx(), w)
	}
	if y {
		m.Y = whole(img.Rect.Dy(), h)
	}
	if m == (image.Point{}) {
		return Resize(img, w, h)
	}
	to := image.Pt(m.X*w/img.Rect.Dx(), m.Y*h/img.Rect.Dy())
	big := Resize(Widened(img, m), w+2*to.X, h+2*to.Y)
	return Crop(big, image.Rect(to.X, to.Y, to.X+w, to.Y+h))
}

// whole is a margin of some px of n that is a whole number of px where n become to; the whole picture where no smaller is.
func whole(n, to int) int {
	step := n / gcd(n, to)
	return min((8+step-1)/step*step, n)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, 1)
}
