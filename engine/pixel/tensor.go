package pixel

import (
	"image"
	"math"
)

// ToTensor writes the picture as [3, height, width] in -1 to 1 to dst, v/127.5 - 1 in diffusers' order of float32
// operations. Transparent pixels count as over black; flatten or fill them first.
func ToTensor(img *image.RGBA, dst []float32) {
	n := img.Rect.Dx() * img.Rect.Dy()
	for i := 0; i < n; i++ {
		for c := 0; c < 3; c++ {
			dst[c*n+i] = 2*(float32(img.Pix[4*i+c])/255) - 1
		}
	}
}

// FromTensor is the opaque picture of [channels, height, width] in -1 to 1: clamped, rounded to nearest even. One
// channel is grey.
func FromTensor(v []float32, channels, width, height int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	n := width * height
	for i := 0; i < n; i++ {
		for c := 0; c < 3; c++ {
			x := v[min(c, channels-1)*n+i]/2 + 0.5
			img.Pix[4*i+c] = uint8(math.RoundToEven(float64(min(max(x, 0), 1)) * 255))
		}
		img.Pix[4*i+3] = 255
	}
	return img
}

// DepthTensor is the depth map at width x height latent pixels, stretched to -1 to 1 by its own minimum and maximum.
// Resized by bicubic interpolation with a = -0.75 at half-pixel centres, without antialiasing, as torch does.
func DepthTensor(d *image.Gray, width, height int) []float32 {
	w, h := d.Rect.Dx(), d.Rect.Dy()
	rows := make([]float32, width*h)
	for y := 0; y < h; y++ {
		line := make([]float32, w)
		for x := range line {
			line[x] = float32(d.Pix[y*d.Stride+x])
		}
		cubic(rows[y*width:(y+1)*width], 1, line, 1, w)
	}
	out := make([]float32, width*height)
	for x := 0; x < width; x++ {
		column := make([]float32, height)
		cubic(column, 1, rows[x:], width, h)
		for y, v := range column {
			out[y*width+x] = v
		}
	}
	low, high := out[0], out[0]
	for _, v := range out {
		low, high = min(low, v), max(high, v)
	}
	for i, v := range out {
		if high > low {
			out[i] = 2*(v-low)/(high-low) - 1
		} else {
			out[i] = 0
		}
	}
	return out
}

// cubic resamples n values of src, stride apart, to len(dst)/step values.
func cubic(dst []float32, step int, src []float32, stride, n int) {
	const a = -0.75
	count := len(dst) / step
	for i := 0; i < count; i++ {
		at := (float64(i)+0.5)*float64(n)/float64(count) - 0.5
		base := math.Floor(at)
		t := at - base
		near := func(x float64) float64 { return ((a+2)*x-(a+3))*x*x + 1 }
		far := func(x float64) float64 { return ((a*x-5*a)*x+8*a)*x - 4*a }
		weights := [4]float64{far(t + 1), near(t), near(1 - t), far(2 - t)}
		sum := 0.0
		for k, w := range weights {
			j := min(max(int(base)-1+k, 0), n-1)
			sum += w * float64(src[j*stride])
		}
		dst[i*step] = float32(sum)
	}
}
