package engine

import (
	"context"
	"image"
	"image/color"
	"math"
	"testing"

	"nirvana/engine/fault"
)

// segmenter is a network that finds what is redder than green, of a picture of 16 x 16; as logits or as shares.
func segmenter(logits bool, mean, std float32) *fakeGraph {
	return &fakeGraph{
		in:  []Port{{Name: "input.1", Type: "float32", Shape: []int{1, 3, 16, 16}}},
		out: []Port{{Name: "1959", Type: "float32", Shape: []int{1, 1, 16, 16}}},
		run: func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
			x, out := in["input.1"], Zeros(1, 1, 16, 16)
			for i := range out.Data {
				red := x.Data[i]*std + mean
				out.Data[i] = red
				if logits {
					out.Data[i] = 40 * (red - 0.5)
				}
			}
			return []Tensor{out}, nil
		},
	}
}

func TestSegmenter(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 64 {
			img.SetRGBA(x, y, color.RGBA{0, 80, 200, 255})
			if x >= 16 && x < 48 && y >= 12 && y < 36 {
				img.SetRGBA(x, y, color.RGBA{255, 0, 0, 255})
			}
		}
	}
	for name, s := range map[string]Segmenter{
		"u2net.onnx":             {Graph: segmenter(false, imageNetMean[0], imageNetStd[0]), Name: "u2net.onnx"},
		"isnet-general-use.onnx": {Graph: segmenter(false, 0.5, 1), Name: "isnet-general-use.onnx"},
		"isnet-anime.onnx":       {Graph: segmenter(false, imageNetMean[0], 1), Name: "isnet-anime.onnx"},
		"bria-rmbg-2.0.onnx":     {Graph: segmenter(false, imageNetMean[0], imageNetStd[0]), Name: "bria-rmbg-2.0.onnx"},
		"bria-rmbg-1.4.onnx":     {Graph: segmenter(false, 0.5, 1), Name: "bria-rmbg-1.4.onnx"},
		"BiRefNet, logits":       {Graph: segmenter(true, imageNetMean[0], imageNetStd[0]), Name: "BiRefNet.onnx"},
		"by its file":            {Graph: segmenter(true, 0.25, 0.5), Name: "own.onnx", Preprocessor: []byte(`{"image_mean":[0.25,0.25,0.25],"image_std":[0.5,0.5,0.5]}`)},
	} {
		m, err := s.Opacity(context.Background(), img)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if m.Rect != img.Rect || m.GrayAt(32, 24).Y < 250 || m.GrayAt(2, 2).Y > 5 || m.GrayAt(60, 24).Y > 5 {
			t.Errorf("%s: %v, %d in the thing, %d and %d beside it", name, m.Rect, m.GrayAt(32, 24).Y, m.GrayAt(2, 2).Y, m.GrayAt(60, 24).Y)
		}
	}
	bad := segmenter(false, 0, 1)
	bad.run = func(context.Context, map[string]Tensor) ([]Tensor, error) {
		out := Zeros(1, 1, 16, 16)
		out.Data[7] = float32(math.NaN())
		return []Tensor{out}, nil
	}
	if _, err := (Segmenter{Graph: bad, Name: "x"}).Opacity(context.Background(), img); fault.Of(err) != fault.Overflow {
		t.Errorf("no numbers: %v", err)
	}
	if _, err := (Segmenter{Graph: fakeNet(), Name: "unet"}).Opacity(context.Background(), img); fault.Of(err) != fault.Unknown {
		t.Errorf("a U-Net as segmentation model: %v", err)
	}
}

// What each network is given and what is made of its values, as the published code does: of a dark picture, whose brightest
// value is 128, and of shares from 0.2 to 0.7.
func TestSegmentersFollowTheirOwnCode(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		img.SetRGBA(i%16, i/16, color.RGBA{128, 32, 0, 255})
	}
	for _, c := range []struct {
		file         string
		preprocessor string
		red, green   float32
		least, most  uint8
	}{
		{"u2net.onnx", "", (1 - 0.485) / 0.229, (0.25 - 0.456) / 0.224, 0, 255},
		{"u2netp.onnx", "", (1 - 0.485) / 0.229, (0.25 - 0.456) / 0.224, 0, 255},
		{"silueta.onnx", "", (1 - 0.485) / 0.229, (0.25 - 0.456) / 0.224, 0, 255}, // a smaller U-2-Net
		{"isnet-general-use.onnx", "", 128./255 - 0.5, 32./255 - 0.5, 0, 255},
		{"bria-rmbg-1.4.onnx", "", 128./255 - 0.5, 32./255 - 0.5, 0, 255},
		{"isnet-anime.onnx", "", 128./255 - 0.485, 32./255 - 0.456, 51, 178},
		{"BiRefNet-general-epoch_244.onnx", "", (128./255 - 0.485) / 0.229, (32./255 - 0.456) / 0.224, 51, 178},
		{"bria-rmbg-2.0.onnx", "", (128./255 - 0.485) / 0.229, (32./255 - 0.456) / 0.224, 51, 178},
		{"model.onnx", `{"image_mean":[0.5,0.5,0.5],"image_std":[1,1,1]}`, 128./255 - 0.5, 32./255 - 0.5, 0, 255},
		{"model.onnx", `{"image_mean":[0.4,0.4,0.4],"image_std":[0.2,0.2,0.2]}`, (128./255 - 0.4) / 0.2, (32./255 - 0.4) / 0.2, 51, 178},
	} {
		net := segmenter(false, 0, 1)
		var given Tensor
		net.run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
			given = in["input.1"]
			out := Zeros(1, 1, 16, 16)
			for i := range out.Data {
				out.Data[i] = 0.2
				if i >= 128 {
					out.Data[i] = 0.7
				}
			}
			return []Tensor{out}, nil
		}
		m, err := Segmenter{Graph: net, Name: c.file, Preprocessor: []byte(c.preprocessor)}.Opacity(context.Background(), img)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if r, g := given.Data[0], given.Data[256]; math.Abs(float64(r-c.red)) > 1e-5 || math.Abs(float64(g-c.green)) > 1e-5 {
			t.Errorf("%s is given %v and %v, want %v and %v", c.file, r, g, c.red, c.green)
		}
		if low, high := m.GrayAt(3, 1).Y, m.GrayAt(3, 14).Y; low != c.least || high != c.most {
			t.Errorf("%s: %d and %d, want %d and %d", c.file, low, high, c.least, c.most)
		}
	}
}
