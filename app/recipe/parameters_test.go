package recipe

import (
	"strings"
	"testing"
)

// An enlargement is told as AUTOMATIC1111's tab Extras writes it, without folders.
func TestParametersTellEnlargement(t *testing.T) {
	for _, c := range []struct {
		r    Recipe
		want string
	}{
		{Recipe{Upscale: &Upscale{Upscaler: "/home/a/RealESRGAN_x4plus.safetensors", Factor: 2.5, Refine: 0.3}}, "Postprocess upscale by: 2.5, Postprocess upscaler: RealESRGAN_x4plus.safetensors, Postprocess refinement: 0.3"},
		{Recipe{Upscale: &Upscale{Upscaler: "a.onnx"}}, "Postprocess upscaler: a.onnx"},
		{Recipe{Mode: Upscaled, Strength: 0.4}, "Postprocess upscaler: interpolation"},
	} {
		if got := c.r.Parameters(); !strings.Contains(got, c.want) {
			t.Errorf("%s is not in %s", c.want, got)
		}
	}
	if got := (Recipe{}).Parameters(); strings.Contains(got, "Postprocess") {
		t.Error(got)
	}
}
