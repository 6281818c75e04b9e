//go:build ignore

// Command compare says whether two PNG files show the same picture. ONNX Runtime sums in an order that depends on
// the CPU and on its threads, and a run of some 25 steps amplifies the last bit, so it asks for nearly the same.
//
//	go run .ci/compare.go GOLDEN.png PICTURE.png
package main

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
)

const (
	meanLimit = 2.0  // mean difference of a channel, of 255
	farOff    = 24   // a channel that differs by more is far off
	farLimit  = 0.01 // share of the channels that may be far off
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: compare GOLDEN.png PICTURE.png")
		os.Exit(2)
	}
	if err := compare(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func compare(golden, picture string) error {
	want, err := read(golden)
	if err != nil {
		return err
	}
	got, err := read(picture)
	if err != nil {
		return err
	}
	if want.Rect != got.Rect {
		return fmt.Errorf("%s is %v, %s is %v", golden, want.Rect.Size(), picture, got.Rect.Size())
	}
	sum, far := 0, 0
	for i, w := range want.Pix {
		off := max(int(w)-int(got.Pix[i]), int(got.Pix[i])-int(w))
		sum += off
		if off > farOff {
			far++
		}
	}
	mean, share := float64(sum)/float64(len(want.Pix)), float64(far)/float64(len(want.Pix))
	fmt.Printf("mean difference %.3f of 255 (at most %.1f), far off %.3f %% (at most %.1f %%)\n", mean, meanLimit, 100*share, 100*farLimit)
	if mean > meanLimit || share > farLimit {
		return fmt.Errorf("%s does not show what %s shows", picture, golden)
	}
	return nil
}

func read(path string) (*image.RGBA, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	decoded, err := png.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	picture := image.NewRGBA(image.Rectangle{Max: decoded.Bounds().Size()})
	draw.Draw(picture, picture.Rect, decoded, decoded.Bounds().Min, draw.Src)
	return picture, nil
}
