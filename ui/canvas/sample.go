package canvas

import (
	"encoding/binary"
	"image"
	"runtime"
	"sync"
)

// A pixel's four bytes are spread over a word, 16 bits each, so that one multiplication weighs all of them: weights
// that add up to 256 never overflow.
const (
	laneBytes = 0x00ff00ff00ff00ff
	halfLanes = 0x0080008000800080 // half of a weight of 256: rounds
)

func lanes(p []uint8) uint64 {
	x := uint64(binary.LittleEndian.Uint32(p))
	x = (x | x<<16) & 0x0000ffff0000ffff
	return (x | x<<8) & laneBytes
}

func packed(x uint64) uint32 {
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16)
}

// split calls f for parts of 0..n, each on its own goroutine, and waits.
func split(n int, f func(from, to int)) {
	parts := min(runtime.GOMAXPROCS(0), 4, n)
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() { f(n*i/parts, n*(i+1)/parts) })
	}
	all.Wait()
}

// box is the source pixels of a row that one screen pixel covers: three neighbours from at on, with weights of 256.
type box struct {
	at int
	w  [3]uint64
}

// boxes are those of the screen's pixels from..from+count, where n source pixels are drawn to size screen pixels;
// size is more than n/2 and n at least 3.
func boxes(from, count, size, n int) []box {
	out := make([]box, count)
	for i := range out {
		// the pixel covers low..high, in units of 1/size source pixels
		low, high := (from+i)*n, (from+i+1)*n
		at := min(low/size, n-3)
		b, left := box{at: at}, 256
		for k := 2; k >= 0; k-- {
			share := min(high, (at+k+1)*size) - max(low, (at+k)*size)
			if w := min((max(share, 0)*256+n/2)/n, left); k > 0 {
				b.w[k], left = uint64(w), left-w
			}
		}
		b.w[0] = uint64(left)
		out[i] = b
	}
	return out
}

// smoothTo is the enlargement up to which a picture is interpolated; above it pixels are squares.
const smoothTo = 4

// sampled draws a picture to the rectangle to of the screen, inside r. Below its size every screen pixel is the mean
// of what it covers, so that nothing flickers while the view moves; up to 400 % it is interpolated; above that pixels
// are squares.
func sampled(dst, img *image.RGBA, to, r image.Rectangle) {
	r = r.Intersect(to).Intersect(dst.Rect)
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if r.Empty() || w == 0 || h == 0 {
		return
	}
	switch {
	case to.Dx() == w && to.Dy() == h:
		for y := r.Min.Y; y < r.Max.Y; y++ {
			from := img.Pix[img.PixOffset(r.Min.X-to.Min.X, y-to.Min.Y):]
			over(dst.Pix[dst.PixOffset(r.Min.X, y):], from, r.Dx())
		}
	case to.Dx() > smoothTo*w || to.Dy() > smoothTo*h || w < 3 || h < 3:
		nearest(dst, img, to, r)
	case to.Dx() > w && to.Dy() > h:
		smoothed(dst, img, to, r)
	case to.Dx() >= 2*w || to.Dy() >= 2*h:
		nearest(dst, img, to, r)
	default:
		averaged(dst, img, to, r)
	}
}

func nearest(dst, img *image.RGBA, to, r image.Rectangle) {
	line, last := make([]uint8, 4*r.Dx()), -1
	for y := r.Min.Y; y < r.Max.Y; y++ {
		if row := (y - to.Min.Y) * img.Rect.Dy() / to.Dy(); row != last {
			last = row
			from := img.Pix[row*img.Stride:]
			for i := 0; i < r.Dx(); i++ {
				x := 4 * ((r.Min.X + i - to.Min.X) * img.Rect.Dx() / to.Dx())
				copy(line[4*i:4*i+4], from[x:x+4])
			}
		}
		over(dst.Pix[dst.PixOffset(r.Min.X, y):], line, r.Dx())
	}
}

// tap is a position between two source pixels: the first, and the second's weight of 256.
type tap struct {
	a, b int
	f    uint64
}

// taps are those of the screen's pixels from..from+count, where n source pixels are drawn to size screen pixels.
func taps(from, count, size, n int) []tap {
	out := make([]tap, count)
	for i := range out {
		at := min(max(((from+i)*2+1)*n*128/size-128, 0), (n-1)*256)
		out[i] = tap{at >> 8, min(at>>8+1, n-1), uint64(at & 255)}
	}
	return out
}

// Smoothed is a picture at another size by bilinear interpolation, over black where it is transparent.
func Smoothed(img *image.RGBA, size image.Point) *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: size})
	for i := 3; i < len(out.Pix); i += 4 {
		out.Pix[i] = 255
	}
	smoothed(out, img, out.Rect, out.Rect)
	return out
}

// preview draws a small picture to the rectangle to, smoothly enlarged, over the canvas's squares where it is transparent.
func preview(dst, img *image.RGBA, to image.Rectangle, check [2]uint8) {
	if !img.Opaque() {
		checkerboard(dst, to, dst.Rect, check)
	}
	smoothed(dst, img, to, dst.Rect)
}

// smoothed draws a picture to the rectangle to, inside r, by bilinear interpolation. It is for enlarging: at most two of
// a row's pixels are read for one.
func smoothed(dst, img *image.RGBA, to, r image.Rectangle) {
	r = r.Intersect(to).Intersect(dst.Rect)
	if r.Empty() || img.Rect.Empty() {
		return
	}
	columns := taps(r.Min.X-to.Min.X, r.Dx(), to.Dx(), img.Rect.Dx())
	rows := taps(r.Min.Y-to.Min.Y, r.Dy(), to.Dy(), img.Rect.Dy())
	var kept [2][]uint64 // source rows, enlarged horizontally; row n is at n%2
	have := [2]int{-1, -1}
	for i := range kept {
		kept[i] = make([]uint64, r.Dx())
	}
	row := func(n int) []uint64 {
		out := kept[n%2]
		if have[n%2] == n {
			return out
		}
		have[n%2] = n
		from := img.Pix[n*img.Stride:]
		for i, c := range columns {
			out[i] = (lanes(from[4*c.a:])*(256-c.f) + lanes(from[4*c.b:])*c.f + halfLanes) >> 8 & laneBytes
		}
		return out
	}
	line := make([]uint8, 4*r.Dx())
	for j, t := range rows {
		a := row(t.a)
		b := row(t.b)
		for i := range columns {
			sum := a[i]*(256-t.f) + b[i]*t.f + halfLanes
			binary.LittleEndian.PutUint32(line[4*i:], packed(sum>>8&laneBytes))
		}
		over(dst.Pix[dst.PixOffset(r.Min.X, r.Min.Y+j):], line, r.Dx())
	}
}

func averaged(dst, img *image.RGBA, to, r image.Rectangle) {
	columns := boxes(r.Min.X-to.Min.X, r.Dx(), to.Dx(), img.Rect.Dx())
	rows := boxes(r.Min.Y-to.Min.Y, r.Dy(), to.Dy(), img.Rect.Dy())
	var kept [3][]uint64 // source rows, averaged horizontally; row n is at n%3
	have := [3]int{-1, -1, -1}
	for i := range kept {
		kept[i] = make([]uint64, r.Dx())
	}
	line := make([]uint8, 4*r.Dx())
	for j, b := range rows {
		for k := range 3 {
			n := b.at + k
			if have[n%3] == n || b.w[k] == 0 {
				continue
			}
			have[n%3] = n
			from, out := img.Pix[n*img.Stride:], kept[n%3]
			for i, c := range columns {
				p := from[4*c.at : 4*c.at+12 : 4*c.at+12]
				out[i] = (lanes(p)*c.w[0] + lanes(p[4:])*c.w[1] + lanes(p[8:])*c.w[2] + halfLanes) >> 8 & laneBytes
			}
		}
		r0, r1, r2 := kept[b.at%3], kept[(b.at+1)%3], kept[(b.at+2)%3]
		for i := range columns {
			sum := r0[i]*b.w[0] + r1[i]*b.w[1] + r2[i]*b.w[2] + halfLanes
			binary.LittleEndian.PutUint32(line[4*i:], packed(sum>>8&laneBytes))
		}
		over(dst.Pix[dst.PixOffset(r.Min.X, r.Min.Y+j):], line, r.Dx())
	}
}

// over composes n premultiplied pixels over opaque ones.
func over(out, from []uint8, n int) {
	for i := 0; i < 4*n; i += 4 {
		p, o := from[i:i+4:i+4], out[i:i+4:i+4]
		switch p[3] {
		case 255:
			binary.LittleEndian.PutUint32(o, binary.LittleEndian.Uint32(p))
		case 0:
		default:
			k := 255 - uint32(p[3])
			for j := range 3 {
				o[j] = uint8(min(uint32(p[j])+(uint32(o[j])*k+127)/255, 255))
			}
		}
	}
}
