package engine

import (
	"encoding/json"
	"sort"
	"strconv"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/vae"
)

// config is what the folder's config.json files say, with the defaults that
// the field assumes where they are silent (pipeline_reference: SD 1.x).
type config struct {
	packed         bool // FLUX: 2x2 latent pixels in one token
	multiple       int  // px
	width, height  int  // trained size, px
	fixed          bool // and the only one
	zeroNegative   bool // force_zeros_for_empty_prompt
	aesthetic      bool // requires_aesthetics_score
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

type netFile struct {
	InChannels int               `json:"in_channels"`
	Blocks     []int             `json:"block_out_channels"`
	SampleSize json.RawMessage   `json:"sample_size"`
	PatchSize  int               `json:"patch_size"`
	Classes    map[string]string `json:"id2label"`
	NumClasses int               `json:"num_class_embeds"`
}

func readConfig(p Parts) (config, *vae.VAE, error) {
	var index indexFile
	var net netFile
	for _, f := range []struct {
		data []byte
		into any
		name string
	}{{p.Index, &index, "model_index.json"}, {p.Denoiser.Config, &net, p.Denoiser.Name + "/config.json"}} {
		if err := graph.ReadJSON(f.data, f.into); err != nil {
			return config{}, nil, fault.Incomplete.Errorf("%s of %s is not readable JSON (%v): fetch the file again", f.name, p.Name, err)
		}
	}
	v, err := vae.New(p.Name, p.Encoder, p.Decoder)
	if err != nil {
		return config{}, nil, err
	}
	if p.Denoiser.Graph == nil {
		return config{}, nil, fault.Incomplete.Errorf("%s has no unet or transformer: it is not a complete model folder", p.Name)
	}
	c := config{aesthetic: index.Aesthetics, steps: index.Usual.Steps, guidance: index.Usual.Guidance,
		zeroNegative: index.ForceZeros != nil && *index.ForceZeros}
	readNet(&c, v, net, p.Denoiser)
	return c, v, v.Check(p.Denoiser.Name)
}

func readNet(c *config, v *vae.VAE, n netFile, part Part) {
	inputs, outputs := part.Graph.Ports()
	in, out := graph.Find(inputs, "sample", "hidden_states"), graph.Find(outputs, "out_sample", "out_hidden_states")
	c.packed = in != nil && len(in.Shape) == 3
	if v.Pixel() {
		v.Channels = 3
		switch {
		case in != nil && len(in.Shape) == 3: // FLUX: four latent pixels in one token
			v.Channels = max(graph.LastAxis(in), n.InChannels) / 4
		case in != nil && len(in.Shape) == 4 && in.Shape[1] > 0:
			v.Channels = in.Shape[1]
		case n.InChannels > 0:
			v.Channels = n.InChannels
		}
	}
	if out != nil && len(out.Shape) == 4 && out.Shape[1] == 2*v.Channels {
		c.predictsLogVar = true
	}
	c.width, c.height = v.Width, v.Height
	h, w := sides(n.SampleSize)
	if h > 0 && !c.packed {
		c.height, c.width = h*v.Scale, w*v.Scale
	}
	if c.width == 0 {
		c.width, c.height = 64*v.Scale, 64*v.Scale
	}
	if v.Pixel() && h == 0 && in != nil && len(in.Shape) == 4 && in.Shape[2] > 0 {
		c.height, c.width = in.Shape[2], in.Shape[3]
	}
	if h, w := graph.FixedAxis(in, 2), graph.FixedAxis(in, 3); !c.packed && h > 0 && w > 0 {
		c.height, c.width, c.fixed = h*v.Scale, w*v.Scale, true
	}
	c.multiple = v.Scale
	switch {
	case len(n.Blocks) > 0:
		c.multiple *= 1 << (len(n.Blocks) - 1)
		if n.PatchSize > 1 {
			c.multiple *= n.PatchSize
		}
	case c.packed, n.PatchSize == 2, graph.Find(inputs, "pooled_projections") != nil:
		c.multiple *= 2
	}
	v.Width, v.Height, v.Multiple = c.width, c.height, c.multiple
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
