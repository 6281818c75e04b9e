package engine

import (
	"bytes"
	"encoding/json"
	"sort"
	"strconv"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
)

// config is what the folder's config.json files say, with the defaults that
// the field assumes where they are silent (pipeline_reference: SD 1.x).
type config struct {
	pixel          bool // no VAE: x_t is the picture itself
	packed         bool // FLUX: 2x2 latent places in one token
	scale          int  // pixels a latent place
	channels       int  // of x_t
	multiple       int  // px
	width, height  int  // trained size, px
	fixed          bool // and the only one
	scalingFactor  float32
	shiftFactor    float32
	mean, std      []float32 // latents_mean, latents_std; nil
	zeroNegative   bool      // force_zeros_for_empty_prompt
	aesthetic      bool      // requires_aesthetics_score
	classes        []string
	named, labels  int  // classes that have names, and that the network knows
	predictsLogVar bool // twice the channels out
	steps          int  // usual ones; 0: not said
	guidance       float32
}

type indexFile struct {
	Class      string `json:"_class_name"`
	ForceZeros *bool  `json:"force_zeros_for_empty_prompt"`
	Aesthetics bool   `json:"requires_aesthetics_score"`
	// Usual is our own addition: what a run of this model takes when nothing is said.
	Usual struct {
		Steps    int     `json:"num_inference_steps"`
		Guidance float32 `json:"guidance_scale"`
	} `json:"_usual"`
}

type vaeFile struct {
	Blocks         []int     `json:"block_out_channels"`
	EncoderBlocks  []int     `json:"encoder_block_out_channels"`
	LatentChannels int       `json:"latent_channels"`
	SampleSize     int       `json:"sample_size"`
	Scaling        *float64  `json:"scaling_factor"`
	Shift          *float64  `json:"shift_factor"`
	Mean           []float32 `json:"latents_mean"`
	Std            []float32 `json:"latents_std"`
}

type netFile struct {
	InChannels int               `json:"in_channels"`
	Blocks     []int             `json:"block_out_channels"`
	SampleSize json.RawMessage   `json:"sample_size"`
	PatchSize  int               `json:"patch_size"`
	Classes    map[string]string `json:"id2label"`
	NumClasses int               `json:"num_class_embeds"`
}

func readConfig(p Parts) (config, error) {
	var index indexFile
	var vae vaeFile
	var net netFile
	for _, f := range []struct {
		data []byte
		into any
		name string
	}{{p.Index, &index, "model_index.json"}, {p.Decoder.Config, &vae, "vae_decoder/config.json"}, {p.Denoiser.Config, &net, p.Denoiser.Name + "/config.json"}} {
		if err := readJSON(f.data, f.into); err != nil {
			return config{}, fault.Incomplete.Errorf("%s of %s is not readable JSON (%v): fetch the file again", f.name, p.Name, err)
		}
	}
	c := config{pixel: p.Decoder.Graph == nil, scale: 1, scalingFactor: 1}
	c.aesthetic = index.Aesthetics
	c.steps, c.guidance = index.Usual.Steps, index.Usual.Guidance
	c.zeroNegative = index.ForceZeros != nil && *index.ForceZeros
	if !c.pixel {
		readVAE(&c, vae)
	}
	if p.Denoiser.Graph == nil {
		return config{}, fault.Incomplete.Errorf("%s has no unet or transformer: it is not a complete model folder", p.Name)
	}
	readNet(&c, net, p.Denoiser)
	if c.pixel && !pixels(c.channels) {
		return config{}, fault.Incomplete.Errorf("%s has no vae_decoder: %s works on %d channels, which are latents and no pixels; the folder is incomplete, fetch it again", p.Name, p.Denoiser.Name, c.channels)
	}
	return c, nil
}

// pixels says whether x_t of so many channels can be a picture: grey or RGB.
func pixels(channels int) bool { return channels == 1 || channels == 3 }

// readJSON reads nothing from no data, and tolerates bare Infinity and NaN as Python writes them.
func readJSON(data []byte, into any) error {
	if len(data) == 0 {
		return nil
	}
	for _, bare := range []string{"-Infinity", "Infinity", "NaN"} {
		data = bytes.ReplaceAll(data, []byte(": "+bare), []byte(": null"))
	}
	return json.Unmarshal(data, into)
}

func readVAE(c *config, v vaeFile) {
	c.scale, c.channels, c.scalingFactor = 8, 4, 0.18215
	blocks := v.Blocks
	if len(blocks) == 0 {
		blocks = v.EncoderBlocks
	}
	if n := len(blocks); n > 0 {
		c.scale = 1 << (n - 1)
	}
	if v.LatentChannels > 0 {
		c.channels = v.LatentChannels
	}
	if v.Scaling != nil {
		c.scalingFactor = float32(*v.Scaling)
	}
	if v.Shift != nil {
		c.shiftFactor = float32(*v.Shift)
	}
	if len(v.Mean) == c.channels && len(v.Std) == c.channels {
		c.mean, c.std = v.Mean, v.Std
	}
	c.width, c.height = v.SampleSize, v.SampleSize
}

func readNet(c *config, n netFile, part Part) {
	inputs, outputs := part.Graph.Ports()
	in, out := graph.Find(inputs, "sample", "hidden_states"), graph.Find(outputs, "out_sample", "out_hidden_states")
	c.packed = in != nil && len(in.Shape) == 3
	if c.pixel {
		c.channels = 3
		switch {
		case in != nil && len(in.Shape) == 3: // FLUX: four places of a latent in one token
			c.channels = max(graph.LastAxis(in), n.InChannels) / 4
		case in != nil && len(in.Shape) == 4 && in.Shape[1] > 0:
			c.channels = in.Shape[1]
		case n.InChannels > 0:
			c.channels = n.InChannels
		}
	}
	if out != nil && len(out.Shape) == 4 && out.Shape[1] == 2*c.channels {
		c.predictsLogVar = true
	}
	h, w := sides(n.SampleSize)
	if h > 0 && !c.packed {
		c.height, c.width = h*c.scale, w*c.scale
	}
	if c.width == 0 {
		c.width, c.height = 64*c.scale, 64*c.scale
	}
	if c.pixel && h == 0 && in != nil && len(in.Shape) == 4 && in.Shape[2] > 0 {
		c.height, c.width = in.Shape[2], in.Shape[3]
	}
	if h, w := graph.FixedAxis(in, 2), graph.FixedAxis(in, 3); !c.packed && h > 0 && w > 0 {
		c.height, c.width, c.fixed = h*c.scale, w*c.scale, true
	}
	c.multiple = c.scale
	switch {
	case len(n.Blocks) > 0:
		c.multiple *= 1 << (len(n.Blocks) - 1)
		if n.PatchSize > 1 {
			c.multiple *= n.PatchSize
		}
	case c.packed, n.PatchSize == 2, graph.Find(inputs, "pooled_projections") != nil:
		c.multiple *= 2
	}
	c.classes = classNames(n, inputs)
	c.named, c.labels = len(n.Classes), n.NumClasses
	if c.named > 0 && c.labels == c.named+1 {
		c.classes = c.classes[:c.named]
	}
}

// sides reads sample_size, which is a number or [height, width].
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

// classNames are the labels of a class-conditional model in order, numbers where the folder names none.
func classNames(n netFile, inputs []Port) []string {
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
