package engine

import (
	"context"
	"encoding/json"
	"image"
	"math"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// Segmenter tells what of a picture is the thing that it shows, and what is ground: [1, 3, side, side] -> [1, 1, side,
// side], the first output. U2-Net (Qin et al., 2020), IS-Net (Qin et al., 2022; RMBG 1.4 too) and BiRefNet (Zheng et
// al., 2024; RMBG 2 too) have these ports.
type Segmenter struct {
	Graph        Graph
	Name         string // file name: IS-Net's inputs have another scale than the others'
	Preprocessor []byte // preprocessor_config.json beside the network, as transformers writes it; may be nil
}

// imageNetMean and imageNetStd are what U2-Net, BiRefNet and RMBG 2 take, isNetMean and isNetStd what IS-Net and RMBG 1.4
// take; anime-segmentation's IS-Net has the first's mean and the second's deviation.
var (
	imageNetMean = [3]float32{0.485, 0.456, 0.406}
	imageNetStd  = [3]float32{0.229, 0.224, 0.225}
	isNetMean    = [3]float32{0.5, 0.5, 0.5}
	isNetStd     = [3]float32{1, 1, 1}
)

// Opacity is the thing's in a picture, a mask of its size.
func (s Segmenter) Opacity(ctx context.Context, img *image.RGBA) (*pixel.Mask, error) {
	in, side, err := s.input()
	if err != nil {
		return nil, err
	}
	mean, std := s.scale()
	small := pixel.Resize(pixel.Flatten(img, image.White), side, side)
	x := Zeros(1, 3, side, side)
	for i := range side * side {
		for c := range 3 {
			x.Data[c*side*side+i] = (float32(small.Pix[4*i+c])/255 - mean[c]) / std[c]
		}
	}
	out, err := s.Graph.Run(ctx, map[string]Tensor{in: x})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 || len(out[0].Data) != side*side {
		return nil, fault.Unknown.Errorf("%s does not give one value a pixel: it is no segmentation model that this program knows (U2-Net, IS-Net, BiRefNet, RMBG)", s.Name)
	}
	m, err := s.mask(out[0].Data, side)
	if err != nil {
		return nil, err
	}
	return pixel.ResizeMask(m, img.Rect.Dx(), img.Rect.Dy()), nil
}

// input is the name of the network's picture, and its side, px.
func (s Segmenter) input() (name string, side int, err error) {
	in, _ := s.Graph.Ports()
	if len(in) != 1 || len(in[0].Shape) != 4 || in[0].Shape[1] > 0 && in[0].Shape[1] != 3 {
		return "", 0, fault.Unknown.Errorf("%s does not take one picture [1, 3, height, width]: it is no segmentation model that this program knows (U2-Net, IS-Net, BiRefNet, RMBG)", s.Name)
	}
	if side = in[0].Shape[3]; side <= 0 {
		side = 1024
	}
	if side > 4096 || in[0].Shape[2] > 0 && in[0].Shape[2] != side {
		return "", 0, fault.Unknown.Errorf("%s takes pictures of %d x %d px: segmentation models take squares of at most 4096", s.Name, in[0].Shape[3], in[0].Shape[2])
	}
	return in[0].Name, side, nil
}

// scale is what a channel of 0 to 1 is made zero and one by.
func (s Segmenter) scale() (mean, std [3]float32) {
	var c struct {
		Mean []float32 `json:"image_mean"`
		Std  []float32 `json:"image_std"`
	}
	if json.Unmarshal(s.Preprocessor, &c) == nil && len(c.Mean) == 3 && len(c.Std) == 3 && min(c.Std[0], c.Std[1], c.Std[2]) > 0 {
		return [3]float32(c.Mean), [3]float32(c.Std)
	}
	named := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(strings.ToLower(s.Name), part) })
	}
	switch {
	case named("isnet-anime", "isnet_anime", "isnetis"):
		return imageNetMean, isNetStd
	case named("rmbg-2", "rmbg2", "rmbg_2", "birefnet"):
		return imageNetMean, imageNetStd
	case named("isnet", "is-net", "rmbg-1", "rmbg1", "rmbg_1", "bria"):
		return isNetMean, isNetStd
	}
	return imageNetMean, imageNetStd
}

// mask is the network's output as opacity: logits through a sigmoid, shares as they are.
func (s Segmenter) mask(v []float32, side int) (*pixel.Mask, error) {
	low, high := v[0], v[0]
	for _, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return nil, fault.Overflow.Errorf("%s gave values that are no numbers", s.Name)
		}
		low, high = min(low, x), max(high, x)
	}
	logits := low < -0.01 || high > 1.01
	m := image.NewGray(image.Rect(0, 0, side, side))
	for i, x := range v {
		if logits {
			x = float32(1 / (1 + math.Exp(-float64(x))))
		}
		m.Pix[i] = uint8(math.RoundToEven(float64(min(max(x, 0), 1)) * 255))
	}
	return m, nil
}
