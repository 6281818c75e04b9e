package paint

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// bin is all pixels of one of 32 768 colours.
type bin struct {
	n   int
	sum [3]int
}

// Palette is up to n colours of a picture, those with most pixels first: the median cut (Heckbert, 1982) over colours
// of five bits a channel. Pixels that are more than half transparent do not count.
func Palette(img *image.RGBA, n int) []color.NRGBA {
	bins := counted(img)
	if len(bins) == 0 || n <= 0 {
		return nil
	}
	boxes := [][]bin{bins}
	for len(boxes) < n {
		i, c := widest(boxes)
		if i < 0 {
			break
		}
		low, high := cut(boxes[i], c)
		boxes[i] = low
		boxes = append(boxes, high)
	}
	slices.SortStableFunc(boxes, func(a, b []bin) int { return cmp.Compare(count(b), count(a)) })
	out := make([]color.NRGBA, len(boxes))
	for i, box := range boxes {
		out[i] = mean(box)
	}
	return out
}

func counted(img *image.RGBA) []bin {
	all := make([]bin, 1<<15)
	for i := 0; i+4 <= len(img.Pix); i += 4 {
		p := img.Pix[i : i+4 : i+4]
		if p[3] < 128 {
			continue
		}
		a := int(p[3])
		r, g, b := int(p[0])*255/a, int(p[1])*255/a, int(p[2])*255/a
		at := &all[r>>3<<10|g>>3<<5|b>>3]
		at.n++
		at.sum[0], at.sum[1], at.sum[2] = at.sum[0]+r, at.sum[1]+g, at.sum[2]+b
	}
	return slices.DeleteFunc(all, func(b bin) bool { return b.n == 0 })
}

func count(box []bin) (n int) {
	for _, b := range box {
		n += b.n
	}
	return n
}

func mean(box []bin) color.NRGBA {
	var sum [3]int
	for _, b := range box {
		for c, v := range b.sum {
			sum[c] += v
		}
	}
	n := count(box)
	return color.NRGBA{uint8((sum[0] + n/2) / n), uint8((sum[1] + n/2) / n), uint8((sum[2] + n/2) / n), 255}
}

// widest is the box and the channel with the widest spread, weighted by pixels; -1 where no box holds two colours.
func widest(boxes [][]bin) (box, channel int) {
	box = -1
	best := 0.0
	for i, b := range boxes {
		for c := range 3 {
			low, high := 255, 0
			for _, x := range b {
				v := x.sum[c] / x.n
				low, high = min(low, v), max(high, v)
			}
			// A few pixels of quite another colour are worth more than many shades of one.
			if score := float64(high-low) * float64(high-low) * float64(min(count(b), 1<<20)) / float64(1<<20); len(b) > 1 && score > best {
				best, box, channel = score, i, c
			}
		}
	}
	return box, channel
}

// cut splits a box so that half of its pixels are on each side.
func cut(box []bin, c int) (low, high []bin) {
	slices.SortStableFunc(box, func(a, b bin) int { return cmp.Compare(a.sum[c]*b.n, b.sum[c]*a.n) })
	half, n := count(box)/2, 0
	for i, b := range box {
		if n += b.n; n >= half || i == len(box)-2 {
			return box[: i+1 : i+1], box[i+1:]
		}
	}
	return box, nil
}

// Pick is the mean colour, weighted by opacity, of the pixels within radius px of a point; transparent where there
// are none.
func Pick(img *image.RGBA, at image.Point, radius int) color.NRGBA {
	r := image.Rect(at.X-radius, at.Y-radius, at.X+radius+1, at.Y+radius+1).Intersect(img.Rect)
	var sum [4]int
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			p := img.Pix[img.PixOffset(x, y):]
			for c := range sum {
				sum[c] += int(p[c])
			}
			n++
		}
	}
	if n == 0 || sum[3] == 0 {
		return color.NRGBA{}
	}
	c := func(v int) uint8 { return uint8(min((v*255+sum[3]/2)/sum[3], 255)) }
	return color.NRGBA{c(sum[0]), c(sum[1]), c(sum[2]), uint8((sum[3] + n/2) / n)}
}
