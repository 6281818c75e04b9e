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

// convention is what a network's own code does to the picture before it and to the values after it.
type convention struct {
	mean, std [3]float32 // what a channel of 0 to 1 is made zero and one by
	brightest bool       // channels are shares of the picture's brightest value, not of 255
	stretched bool       // the least value becomes 0, the greatest 1
}

// The conventions of the published code: U-2-Net's u2net_test.py and data_loader.py, DIS's Inference.py, which RMBG 1.4 follows,
// anime-segmentation's inference.py, and the model cards of BiRefNet and RMBG 2.
var (
	imageNetMean = [3]float32{0.485, 0.456, 0.406}
	imageNetStd  = [3]float32{0.229, 0.224, 0.225}
	isNetMean    = [3]float32{0.5, 0.5, 0.5}
	isNetStd     = [3]float32{1, 1, 1}

	u2Net    = convention{mean: imageNetMean, std: imageNetStd, brightest: true, stretched: true}
	isNet    = convention{mean: isNetMean, std: isNetStd, stretched: true}
	animeNet = convention{mean: imageNetMean, std: isNetStd}
	biRefNet = convention{mean: imageNetMean, std: imageNetStd}
)

// Opacity is the thing's in a picture, a mask of its size.
func (s Segmenter) Opacity(ctx context.Context, img *image.RGBA) (*pixel.Mask, error) {
	in, side, err := s.input()
	if err != nil {
		return nil, err
	}
	by := s.convention()
	small := pixel.Resize(pixel.Flatten(img, image.White), side, side)
	x := by.values(small)
	out, err := s.Graph.Run(ctx, map[string]Tensor{in: x})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 || len(out[0].Data) != side*side {
		return nil, fault.Unknown.Errorf("%s does not give one value a pixel: it is no segmentation model that this program knows (U2-Net, IS-Net, BiRefNet, RMBG)", s.Name)
	}
	m, err := s.mask(out[0].Data, side, by.stretched)
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

// convention is that of the network's file, by its name; beside a preprocessor_config.json, with that file's mean and deviation.
func (s Segmenter) convention() convention {
	by, known := s.named()
	var c struct {
		Mean []float32 `json:"image_mean"`
		Std  []float32 `json:"image_std"`
	}
	if json.Unmarshal(s.Preprocessor, &c) == nil && len(c.Mean) == 3 && len(c.Std) == 3 && min(c.Std[0], c.Std[1], c.Std[2]) > 0 {
		mean, std := [3]float32(c.Mean), [3]float32(c.Std)
		switch {
		case known:
		case mean == isNetMean && std == isNetStd:
			by = isNet // RMBG 1.4's model.onnx
		default:
			by = biRefNet // U-2-Net's files have none beside them
		}
		by.mean, by.std = mean, std
	}
	return by
}

// named is the convention that goes with the file's name, U-2-Net's where it tells nothing.
func (s Segmenter) named() (by convention, known bool) {
	is := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(strings.ToLower(s.Name), part) })
	}
	switch {
	case is("isnet-anime", "isnet_anime", "isnetis"):
		return animeNet, true
	case is("rmbg-2", "rmbg2", "rmbg_2", "birefnet"):
		return biRefNet, true
	case is("isnet", "is-net", "rmbg-1", "rmbg1", "rmbg_1", "bria"):
		return isNet, true
	}
	return u2Net, is("u2net", "u2-net", "u-2-net")
}

// values is the network's input for an opaque picture of its size, [1, 3, side, side].
func (c convention) values(img *image.RGBA) Tensor {
	side, top := img.Rect.Dx(), uint8(255)
	if c.brightest {
		top = brightest(img)
	}
	x := Zeros(1, 3, side, side)
	for i := range side * side {
		for k := range 3 {
			x.Data[k*side*side+i] = (float32(img.Pix[4*i+k])/float32(top) - c.mean[k]) / c.std[k]
		}
	}
	return x
}

// brightest is the greatest value of a picture's colours, 1 of a black one.
func brightest(img *image.RGBA) uint8 {
	top := uint8(1)
	for i := 0; i < len(img.Pix); i += 4 {
		top = max(top, img.Pix[i], img.Pix[i+1], img.Pix[i+2])
	}
	return top
}

// mask is the network's output as opacity: logits through a sigmoid, shares as they are, or stretched to between 0 and 1.
func (s Segmenter) mask(v []float32, side int, stretched bool) (*pixel.Mask, error) {
	low, high := v[0], v[0]
	for _, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return nil, fault.Overflow.Errorf("%s gave values that are no numbers", s.Name)
		}
		low, high = min(low, x), max(high, x)
	}
	share := func(x float32) float32 { return x }
	if low < -0.01 || high > 1.01 {
		share = func(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }
	}
	from, to := float32(0), float32(1)
	if stretched && high > low {
		from, to = share(low), share(high)
	}
	m := image.NewGray(image.Rect(0, 0, side, side))
	for i, x := range v {
		m.Pix[i] = uint8(math.RoundToEven(float64(min(max((share(x)-from)/max(to-from, 1e-6), 0), 1)) * 255))
	}
	return m, nil
}
