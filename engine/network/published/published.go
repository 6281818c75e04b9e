// Package published lists the tensors of the published models: names in the original code and shapes. See README.md for
// where the lists are from.
package published

import (
	"bufio"
	"compress/gzip"
	"embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed *.txt.gz
var lists embed.FS

// Tensor is a weight's name and torch's shape.
type Tensor struct {
	Name  string
	Shape []int64
}

// Elements is the number of values.
func (t Tensor) Elements() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Tensors are a model's, sorted by name: "sd15", "sd15-inpainting", "sd15-controlnet", "sd21", "sdxl", "sdxl-refiner",
// "sd3-medium", "sd35-medium", "sd35-large", "flux-dev", "flux-fill", "flux-schnell", "z-image", "qwen-image", "flux2-klein"; "mini" is Stable Diffusion 1 with few
// channels, for the benchmark.
func Tensors(model string) ([]Tensor, error) {
	file, err := lists.Open(model + ".txt.gz")
	if err != nil {
		return nil, fmt.Errorf("no list of the model %q: %w", model, err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	var out []Tensor
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		t := Tensor{Name: words[0]}
		for _, w := range words[1:] {
			d, err := strconv.ParseInt(w, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("the list of %s: %w", model, err)
			}
			t.Shape = append(t.Shape, d)
		}
		out = append(out, t)
	}
	return out, lines.Err()
}
