package network

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"nirvana/engine/network/published/publishedtest"
	"nirvana/engine/onnx/graphfile"
	"nirvana/engine/onnx/rewrite"
	"nirvana/models/checkpoint"
)

// The graphs of the published models take every tensor of their files, of its shape, and no other; and attention is
// written so that it becomes one operation.
func TestPublished(t *testing.T) {
	for name, c := range map[string]struct {
		family    checkpoint.Family
		attention int // of the denoiser
		channels  int
	}{
		"sd15": {checkpoint.StableDiffusion1, 32, 4}, "sd15-inpainting": {checkpoint.StableDiffusion1, 32, 9}, "sd21": {checkpoint.StableDiffusion2, 32, 4},
		"sdxl": {checkpoint.StableDiffusionXL, 140, 4}, "sdxl-refiner": {checkpoint.Refiner, 88, 4},
		"sd3-medium": {checkpoint.StableDiffusion3, 24, 16}, "sd35-medium": {checkpoint.StableDiffusion3, 37, 16}, "sd35-large": {checkpoint.StableDiffusion3, 38, 16},
		"flux-dev": {checkpoint.FLUX, 57, 64}, "flux-fill": {checkpoint.FLUX, 57, 384}, "z-image": {checkpoint.FamilyZImage, 34, 16}, "qwen-image": {checkpoint.FamilyQwenImage, 60, 64}, "flux2-klein": {checkpoint.FamilyFlux2, 25, -1}, "flux-schnell": {checkpoint.FLUX, 57, 64},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := checkpoint.Assemble(publishedtest.File(t, name, name))
			if err != nil {
				t.Fatal(err)
			}
			if m.Family != c.family || len(m.Missing) > 0 {
				t.Fatalf("it is taken for %s, without %v", m.Family, m.Missing)
			}
			left := map[string]int{}
			for _, n := range m.Networks() {
				g, err := Build(n.Name, n.Config, n.Weights, Options{})
				if err != nil {
					t.Fatal(n.Name, err)
				}
				consistent(t, n.Name, g.Model)
				part := strings.TrimSuffix(strings.TrimSuffix(n.Name, "_encoder"), "_decoder")
				for _, u := range g.Unread {
					left[part+" "+u]++
				}
			}
			unread(t, left)
			d, err := Build(m.Denoiser.Name, m.Denoiser.Config, m.Denoiser.Weights, Options{})
			if err != nil {
				t.Fatal(err)
			}
			in := d.Inputs[0]
			if got := max(in.Dims[1], in.Dims[len(in.Dims)-1]); got != c.channels {
				t.Errorf("x_t has %d channels, not %d", got, c.channels)
			}
			crosses(t, d.Model, c.family, c.attention)
			if n := rewrite.Attention(d.Model); n != c.attention {
				t.Errorf("%d attentions become one operation, of %d", n, c.attention)
			}
		})
	}
}

// crosses checks the blocks of cross-attention: every second attention of a U-Net, of which the deepest have positions of
// 8 x 8 latent pixels, XL's of 4 x 4; no transformer has one.
func crosses(t *testing.T, m *graphfile.Model, of checkpoint.Family, attention int) {
	t.Helper()
	all := rewrite.CrossAttention(m, "encoder_hidden_states")
	deepest := 0
	for _, c := range all {
		if deepest = max(deepest, c.Stride); c.Heads == 0 || c.Softmax == nil || c.Merged {
			t.Errorf("%+v", c)
		}
	}
	want := map[checkpoint.Family]int{checkpoint.StableDiffusion1: 8, checkpoint.StableDiffusion2: 8, checkpoint.StableDiffusionXL: 4, checkpoint.Refiner: 8}[of]
	if deepest != want || want > 0 && len(all) != attention/2 || want == 0 && len(all) > 0 {
		t.Errorf("%d blocks of cross-attention among %d, the deepest with positions of %d", len(all), attention, deepest)
	}
}

// unread are the weights that nothing of a model takes: a VAE's halves leave each other's, Stable Diffusion 2 the last layer
// of its encoder.
func unread(t *testing.T, left map[string]int) {
	t.Helper()
	var names []string
	for name, times := range left {
		if ofLastText(name) {
			continue
		}
		if strings.HasPrefix(name, "vae ") && times < 2 || strings.Contains(name, "text text_model.encoder.layers.23.") || strings.HasSuffix(name, " text_projection.weight") {
			continue
		}
		names = append(names, name)
	}
	if slices.Sort(names); len(names) > 0 {
		t.Errorf("%d are not read: %v", len(names), names[:min(5, len(names))])
	}
}

// ofLastText reports whether a weight is of what Qwen-Image's last block makes of the text, which nothing takes, or of the
// image encoder of its text encoder, which only a prompt with a picture takes.
func ofLastText(name string) bool {
	rest, last := strings.CutPrefix(name, "transformer transformer_blocks.59.")
	return last && (strings.HasPrefix(rest, "attn.to_add_out.") || strings.HasPrefix(rest, "txt_mlp.")) || strings.HasPrefix(name, "text visual.")
}

// consistent says whether every value that a graph takes is there, once.
func consistent(t *testing.T, name string, m *graphfile.Model) {
	t.Helper()
	made := map[string]bool{"": true}
	give := func(value string) {
		if made[value] {
			t.Errorf("%s: %s is there twice", name, value)
		}
		made[value] = true
	}
	for _, v := range m.Inputs {
		give(v.Name)
	}
	for _, w := range m.Tensors {
		give(w.Name)
	}
	for _, n := range m.Nodes {
		for _, in := range n.Inputs {
			if !made[in] {
				t.Errorf("%s: %s takes %s, which is not there", name, n.Name, in)
			}
		}
		for _, out := range n.Outputs {
			give(out)
		}
	}
}

// Qwen2.5-VL with its image encoder takes every tensor of its file.
func TestPublishedPictures(t *testing.T) {
	m, err := checkpoint.Assemble(publishedtest.File(t, "qwen-image", "qwen-image"))
	if err != nil {
		t.Fatal(err)
	}
	n := m.Text[0]
	for _, c := range []struct{ pictures, inputs, joined int }{{1, 8, 4}, {3, 11, 0}} {
		g, err := Build(n.Name, []byte(strings.Replace(string(n.Config), "{", fmt.Sprintf(`{"_pictures":%d,`, c.pictures), 1)), n.Weights, Options{})
		if err != nil || len(g.Unread) > 0 || len(g.Inputs) != c.inputs {
			t.Fatalf("%v: %d inputs, unread %v", err, len(g.Inputs), g.Unread)
		}
		consistent(t, n.Name, g.Model)
		if n := rewrite.Attention(g.Model); n != c.joined {
			t.Errorf("with %d pictures %d attentions become one operation, of %d over a whole picture", c.pictures, n, c.joined)
		}
	}
}

// A ControlNet of Stable Diffusion 1 in the original code's names, and the U-Net that it steers.
func TestPublishedControlNet(t *testing.T) {
	f := publishedtest.File(t, "sd15-controlnet", "sd15-controlnet")
	n, err := checkpoint.Control(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	g, err := Build(n.Name, n.Config, n.Weights, Options{})
	if err != nil || len(g.Unread) > 0 || len(g.Outputs) != 13 {
		t.Fatalf("%v: %d outputs, unread %v", err, len(g.Outputs), g.Unread)
	}
	consistent(t, "controlnet", g.Model)
	m, err := checkpoint.Assemble(publishedtest.File(t, "sd15", "sd15"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := Build(m.Denoiser.Name, m.Denoiser.Config, m.Denoiser.Weights, Options{Controlled: true})
	if err != nil || len(u.Inputs) != 3+13 {
		t.Fatalf("%v: %d inputs", err, len(u.Inputs))
	}
	consistent(t, "unet", u.Model)
}

// A tensor that is missing, or of another shape, is said by its name.
func TestBrokenWeights(t *testing.T) {
	m, err := checkpoint.Assemble(publishedtest.File(t, "sd15", "sd15"))
	if err != nil {
		t.Fatal(err)
	}
	const key = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight"
	whole := m.Denoiser.Weights[key]
	delete(m.Denoiser.Weights, key)
	if _, err := Build("unet", m.Denoiser.Config, m.Denoiser.Weights, Options{}); err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("without it: %v", err)
	}
	whole.Shape = []int64{1280, 1280, 3}
	m.Denoiser.Weights[key] = whole
	if _, err := Build("unet", m.Denoiser.Config, m.Denoiser.Weights, Options{}); err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("of another shape: %v", err)
	}
	whole.Shape, whole.Type = []int64{1280, 1280}, "I64"
	m.Denoiser.Weights[key] = whole
	if _, err := Build("unet", m.Denoiser.Config, m.Denoiser.Weights, Options{}); err == nil || !strings.Contains(err.Error(), "I64") {
		t.Errorf("of another type: %v", err)
	}
}
