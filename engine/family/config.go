package family

import (
	"encoding/json"
	"math"
	"sort"
	"strconv"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/vae"
)

// Config is what the folder's config.json files say of the denoiser, with Stable Diffusion 1's values for absent
// keys.
type Config struct {
	Model         string // its name, for messages
	Pipeline      string // diffusers' class in model_index.json; may be empty
	Kind          string // see Name
	Width, Height int    // trained size, px
	Multiple      int    // sides of pictures must be divisible by this, px
	Fixed         bool   // the trained size is the only one
	ZeroNegative  bool   // force_zeros_for_empty_prompt
	Turbo         bool   // distilled to few steps, as Z-Image's name says, or its scheduler
	Distilled     *bool  // is_distilled, to few steps without guidance; nil: not said
	Classes       []string
	named, labels int  // classes with names, and classes that the network knows
	LogVariance   bool // the denoiser predicts the variance too: twice the channels
	Steps         int  // usual number; 0: not given
	Guidance      float32
	BestOf        int // seeds of a search; 0: not said
}

type indexFile struct {
	Class      string `json:"_class_name"`
	ForceZeros *bool  `json:"force_zeros_for_empty_prompt"`
	Distilled  *bool  `json:"is_distilled"`
	Usual      Usual  `json:"_usual"`
}

type netFile struct {
	InChannels int               `json:"in_channels"`
	Blocks     []int             `json:"block_out_channels"`
	SampleSize json.RawMessage   `json:"sample_size"`
	PatchSize  int               `json:"patch_size"`
	Classes    map[string]string `json:"id2label"`
	NumClasses int               `json:"num_class_embeds"`
}

// Read reads model_index.json, the denoiser's config.json and scheduler_config.json, and sets what the autoencoder's configuration lacks:
// its trained size, and in pixel space its channels.
func Read(model string, index, scheduler []byte, denoiser graph.Part, v *vae.VAE) (Config, error) {
	var file indexFile
	var net netFile
	for _, f := range []struct {
		data []byte
		into any
		name string
	}{{index, &file, "model_index.json"}, {denoiser.Config, &net, denoiser.Name + "/config.json"}} {
		if err := graph.ReadJSON(f.data, f.into); err != nil {
			return Config{}, fault.Incomplete.Errorf("%s of %s is not readable JSON (%v): fetch the file again", f.name, model, err)
		}
	}
	if denoiser.Graph == nil {
		return Config{}, fault.Incomplete.Errorf("%s has no unet or transformer: it is not a complete model folder", model)
	}
	c := Config{Model: model, Pipeline: file.Class, Kind: Name(model, index, denoiser.Config, scheduler), Steps: file.Usual.Steps, Guidance: file.Usual.Guidance, BestOf: file.Usual.BestOf, ZeroNegative: file.ForceZeros != nil && *file.ForceZeros, Distilled: file.Distilled}
	if a, err := readAbout(model, index, denoiser.Config, scheduler); err == nil {
		c.Turbo = a.zimageTurbo()
	}
	inputs, outputs := denoiser.Graph.Ports()
	x, out := graph.Find(inputs, "sample", "hidden_states"), graph.Find(outputs, "out_sample", "out_hidden_states")
	if v.Pixel() {
		v.Channels = net.channels(x)
	}
	c.LogVariance = out != nil && len(out.Shape) == 4 && out.Shape[1] == 2*v.Channels
	c.readSize(net, x, v)
	if c.readMultiple(net, inputs, x, v.Scale); v.Patched {
		c.Multiple = v.Scale
	}
	v.Width, v.Height, v.Multiple = c.Width, c.Height, c.Multiple
	c.Classes = classNames(net, inputs)
	if c.named, c.labels = len(net.Classes), net.NumClasses; c.NullClass() >= 0 {
		c.Classes = c.Classes[:c.named]
	}
	return c, v.Check(denoiser.Name)
}

// NullClass is the label for no class: one more than the folder names, where its network knows one more; -1: there is
// none.
func (c Config) NullClass() int {
	if c.named > 0 && c.labels == c.named+1 {
		return c.named
	}
	return -1
}

// packed reports whether x is tokens of 2 x 2 latent pixels.
func packed(x *graph.Port) bool { return x != nil && len(x.Shape) == 3 }

// channels is the number of x_t's channels where there is no autoencoder.
func (n netFile) channels(x *graph.Port) int {
	switch {
	case packed(x):
		return max(graph.LastAxis(x), n.InChannels) / 4
	case graph.FixedAxis(x, 1) > 0 && len(x.Shape) == 4:
		return x.Shape[1]
	case n.InChannels > 0:
		return n.InChannels
	}
	return 3
}

// readSize sets the trained size: the autoencoder's, the denoiser's, or the one that its graph was exported for.
func (c *Config) readSize(n netFile, x *graph.Port, v *vae.VAE) {
	h, _ := sides(n.SampleSize)
	if c.Width, c.Height = n.trained(v.Config, packed(x)); c.Width == 0 {
		c.Width, c.Height = 64*v.Scale, 64*v.Scale
	}
	if v.Pixel() && h == 0 && graph.FixedAxis(x, 2) > 0 && len(x.Shape) == 4 {
		c.Height, c.Width = x.Shape[2], x.Shape[3]
	}
	if h, w := graph.FixedAxis(x, 2), graph.FixedAxis(x, 3); !packed(x) && h > 0 && w > 0 {
		c.Height, c.Width, c.Fixed = h*v.Scale, w*v.Scale, true
	}
	if n := graph.FixedAxis(x, 1); packed(x) && n > 0 { // exporters take a square
		if side := int(math.Sqrt(float64(n))); side*side == n {
			c.Height, c.Width, c.Fixed = 2*side*v.Scale, 2*side*v.Scale, true
		}
	}
}

// trained is the trained size as the configs say it, px; 0: not said.
func (n netFile) trained(v vae.Config, packed bool) (width, height int) {
	if h, w := sides(n.SampleSize); h > 0 && !packed {
		return w * v.Scale, h * v.Scale
	}
	return v.Width, v.Height
}

// ReadSize is the trained size, px, by the config.json of the denoiser and of the autoencoder's decoder, nil in pixel space;
// 0: not said, or not to be read.
func ReadSize(denoiser, decoder []byte) (width, height int) {
	var net struct {
		netFile
		Class string `json:"_class_name"`
	}
	v := vae.Config{Scale: 1}
	if graph.ReadJSON(denoiser, &net) != nil {
		return 0, 0
	}
	if decoder != nil {
		var err error
		if v, err = vae.ReadConfig(decoder); err != nil {
			return 0, 0
		}
	}
	return net.trained(v, net.Class == "FluxTransformer2DModel" || net.Class == "QwenImageTransformer2DModel")
}

// readMultiple sets what sizes must be divisible by: what the U-Net's downsampling or the transformer's patches need.
func (c *Config) readMultiple(n netFile, inputs []graph.Port, x *graph.Port, scale int) {
	c.Multiple = scale
	switch {
	case len(n.Blocks) > 0:
		c.Multiple *= 1 << (len(n.Blocks) - 1)
		if n.PatchSize > 1 {
			c.Multiple *= n.PatchSize
		}
	case packed(x), n.PatchSize == 2, graph.Find(inputs, "hidden_states") != nil:
		c.Multiple *= 2
	}
}

// sides reads sample_size, a number or [height, width].
func sides(raw json.RawMessage) (h, w int) {
	var one float64
	var two []float64
	switch {
	case json.Unmarshal(raw, &one) == nil:
		return int(one), int(one)
	case json.Unmarshal(raw, &two) == nil && len(two) == 2:
		return int(two[0]), int(two[1])
	}
	return 0, 0
}

// classNames are a class-conditional model's labels in order; numbers where the folder names none.
func classNames(n netFile, inputs []graph.Port) []string {
	if graph.Find(inputs, "class_labels") == nil {
		return nil
	}
	count := n.NumClasses
	ids := make([]int, 0, len(n.Classes))
	for k := range n.Classes {
		if id, err := strconv.Atoi(k); err == nil && id >= 0 && id < 1e5 {
			ids = append(ids, id)
		}
	}
	sort.Ints(ids)
	if len(ids) > 0 {
		count = max(count, ids[len(ids)-1]+1)
	}
	names := make([]string, count)
	for i := range names {
		names[i] = n.Classes[strconv.Itoa(i)]
		if names[i] == "" {
			names[i] = "class " + strconv.Itoa(i)
		}
	}
	return names
}
