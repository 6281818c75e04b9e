package checkpoint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
)

// Network is one network of a model: its weights and its config.json.
type Network struct {
	Name   string // diffusers' folder name: "unet", "text_encoder_2", "vae_encoder"
	Config []byte
	Weights
}

// Text is a text encoder with the name of its tokenizer: ClipTokens, OpenClipTokens, T5Tokens, QwenTokens or QwenVLTokens.
type Text struct {
	Network
	Tokenizer string
}

// The tokenizers that come with the program.
const (
	ClipTokens     = "clip"      // padded with the end token
	OpenClipTokens = "open_clip" // padded with zeros
	T5Tokens       = "t5"
	QwenTokens     = "qwen3"
	QwenVLTokens   = "qwen2.5"
)

// Model is a model assembled from files.
type Model struct {
	Family    Family
	Index     []byte // model_index.json
	Scheduler []byte // scheduler_config.json
	Denoiser  Network
	Text      []Text
	Encoder   Network // no weights where the files have none
	Decoder   Network
	// Missing are the parts that the files lack.
	Missing []fault.Part
	Marks   Marks
}

// Assemble combines the networks of files: the first file's denoiser, and of every other kind the last file's, so
// that a VAE or a text encoder after a checkpoint replaces the checkpoint's own. It fails where no file has a
// denoiser.
func Assemble(files ...*File) (*Model, error) {
	first := files[0]
	net := first.Part(Denoisers...)
	if net == nil {
		return nil, first.NotA("model")
	}
	if net.Kind == Flux2 && net.HasUnder("time_guidance_embed.guidance_embedder.") {
		return nil, fault.Unknown.Errorf("%s is FLUX.2 dev, whose text encoder this program does not know: choose FLUX.2 klein", first.Path)
	}
	m := &Model{Family: familyOf(*net)}
	m.refine(files)
	m.Marks = marksOf(m.Family, files)
	m.Index, m.Scheduler = m.Family.index(net.Weights, first), m.Family.scheduler(net.Weights, m.Marks, first)
	m.Denoiser = denoiser(*net, m, first)
	m.addText(files)
	m.addVAE(files)
	m.complete()
	return m, nil
}

// refine decides the family by the text encoders where the denoiser does not: the refiner has only the second.
func (m *Model) refine(files []*File) {
	if f := files[0]; m.Family == StableDiffusionXL && f.Part(OpenCLIP) != nil && f.Part(CLIP) == nil && len(files) == 1 {
		m.Family = Refiner
	}
}

// Denoisers are the kinds of networks that make a file a model.
var Denoisers = []string{UNet, SD3, Flux2, Flux, ZImage, QwenImage}

// TextEncoders are the kinds of text encoders.
var TextEncoders = []string{CLIP, OpenCLIP, T5, Qwen, QwenVL, QwenVision}

// VAEs are the kinds of autoencoders.
var VAEs = []string{VAE, TinyVAE, QwenVAE}

func denoiser(p Part, m *Model, file *File) Network {
	switch p.Kind {
	case SD3:
		return Network{"transformer", sd3Config(p.Weights).json(), p.Weights}
	case Flux:
		return Network{"transformer", fluxConfig(p.Weights).json(), p.Weights}
	case ZImage:
		return Network{"transformer", zimageConfig(p.Weights).json(), p.Weights}
	case QwenImage:
		return Network{"transformer", qwenImageConfig(p.Weights, zeroed(file, p.Weights)).json(), p.Weights}
	case Flux2:
		return Network{"transformer", flux2Config(p.Weights).json(), p.Weights}
	}
	s := unetConfig(p.Weights, m.Family)
	if m.Family == StableDiffusion2 && m.Marks.Prediction == predictsNoise {
		s["sample_size"] = 64
	}
	return Network{"unet", s.json(), p.Weights}
}

// Wanting is how many parts the model has to be given, with the T5 that Stable Diffusion 3 also runs without.
func (m *Model) Wanting() int {
	n := len(m.Missing)
	if m.Family == StableDiffusion3 && !slices.ContainsFunc(m.Text, func(t Text) bool { return t.Tokenizer == T5Tokens }) {
		n++
	}
	return n
}

// all are the parts of the kinds, those of later files first.
func all(files []*File, kinds ...string) (out []Part) {
	for _, f := range slices.Backward(files) {
		for _, p := range f.Parts {
			if slices.Contains(kinds, p.Kind) {
				out = append(out, p)
			}
		}
	}
	return out
}

func (p Part) textWidth() int64 {
	return p.clipWidth()
}

// addText gives every text encoder its slot: CLIP ViT-L first, OpenCLIP second, T5 last.
func (m *Model) addText(files []*File) {
	var small, large *Part
	for _, p := range all(files, CLIP, OpenCLIP) {
		if isLarge(p) {
			large = cmp.Or(large, &p)
		} else {
			small = cmp.Or(small, &p)
		}
	}
	var t5 *Part
	if found := all(files, T5); len(found) > 0 {
		t5 = &found[0]
	}
	switch m.Family {
	case StableDiffusion1:
		m.text("text_encoder", small, false, 0)
	case StableDiffusion2:
		m.text("text_encoder", cmp.Or(large, small), false, 1)
	case StableDiffusionXL:
		m.text("text_encoder", small, false, 0)
		m.text("text_encoder_2", large, true, 0)
	case Refiner:
		m.text("text_encoder_2", large, true, 0)
	case StableDiffusion3:
		m.text("text_encoder", small, true, 0)
		m.text("text_encoder_2", large, true, 0)
		m.t5("text_encoder_3", t5)
	case FLUX:
		m.text("text_encoder", small, false, 0)
		m.t5("text_encoder_2", t5)
	case FamilyZImage:
		m.qwen("text_encoder", all(files, Qwen), m.Denoiser.Dim("cap_embedder.1.weight", 1))
	case FamilyFlux2:
		m.qwen("text_encoder", all(files, Qwen), m.Denoiser.Dim("context_embedder.weight", 1)/layersOfText)
	case FamilyQwenImage:
		m.qwenVL("text_encoder", all(files, QwenVL), all(files, QwenVision))
	}
}

// isLarge reports whether a text encoder is OpenCLIP's, which files in transformers' names show only by its position
// and its size.
func isLarge(p Part) bool {
	return p.Kind == OpenCLIP || strings.Contains(p.Prefix, "clip_g") || strings.Contains(p.Prefix, "clip_h") || p.textWidth() > 768
}

// text adds an encoder; SD 2 does not use its last layers.
func (m *Model) text(name string, p *Part, projected bool, unread int) {
	if p == nil {
		m.Missing = append(m.Missing, map[string]fault.Part{"text_encoder": fault.CLIP, "text_encoder_2": fault.OpenCLIP}[name])
		return
	}
	tokens, act := ClipTokens, "quick_gelu"
	if isLarge(*p) {
		tokens, act = OpenClipTokens, "gelu"
	}
	layers := p.Count("text_model.encoder.layers")
	if p.Original { // files in transformers' names lack it already
		layers -= unread
	}
	m.Text = append(m.Text, Text{Network{name, clipConfig(p.Weights, projected && p.Has("text_projection.weight"), layers, act).json(), p.Weights}, tokens})
}

func (m *Model) t5(name string, p *Part) {
	if p == nil {
		if m.Family == FLUX { // SD 3 does without
			m.Missing = append(m.Missing, fault.T5)
		}
		return
	}
	m.Text = append(m.Text, Text{Network{name, t5Config(p.Weights).json(), p.Weights}, T5Tokens})
}

// qwen adds the Qwen3 whose states have a width: the models take one of its sizes.
func (m *Model) qwen(name string, found []Part, width int64) {
	for _, p := range found {
		if w := p.Weights; w.qwenWidth() == width {
			m.Text = append(m.Text, Text{Network{name, qwenConfig(w).json(), w}, QwenTokens})
			return
		}
	}
	missing := fault.Qwen3
	if len(found) > 0 {
		missing = fault.Part(fmt.Sprintf(fault.OfWidth, missing, fmt.Sprint(width)))
	}
	m.Missing = append(m.Missing, missing)
}

// qwenWidth is the width of a language model's states.
func (w Weights) qwenWidth() int64 {
	of := func(tensor string, axis int) int64 { return max(w.Dim("model."+tensor, axis), w.Dim(tensor, axis)) }
	return usual(of("embed_tokens.weight", 1), of("norm.weight", 0), of("layers.0.input_layernorm.weight", 0))
}

// qwenVL adds the Qwen2.5-VL whose states have the width that the denoiser takes, with its image encoder from another file
// where its own has none.
func (m *Model) qwenVL(name string, found, vision []Part) {
	for _, p := range found {
		if width := p.qwenWidth(); width == m.Denoiser.Dim("txt_norm.weight", 0) || width == m.Denoiser.Dim("txt_in.weight", 1) {
			w := seeing(p.Weights, vision)
			m.Text = append(m.Text, Text{Network{name, qwenVLConfig(w).json(), w}, QwenVLTokens})
			return
		}
	}
	m.Missing = append(m.Missing, fault.QwenVL)
}

// addVAE adds encoder and decoder; tiny ones may have a file each.
func (m *Model) addVAE(files []*File) {
	for _, p := range all(files, m.vaes()...) {
		c := p.vaeConfig(m.Family)
		if m.Decoder.Weights == nil && p.HasUnder("decoder.") {
			m.Decoder = Network{"vae_decoder", c.json(), p.Half("vae_decoder")}
		}
		if m.Encoder.Weights == nil && p.HasUnder("encoder.") {
			m.Encoder = Network{"vae_encoder", c.json(), p.Half("vae_encoder")}
		}
	}
	if m.Decoder.Weights == nil {
		m.Missing = append(m.Missing, fault.VAE)
	}
}

// complete derives what depends on other parts: the length of SDXL's time_ids.
func (m *Model) complete() {
	if len(m.Text) > 0 {
		m.Denoiser.Config = Pooled(m.Denoiser.Config, m.Denoiser.Weights, m.Text[len(m.Text)-1].Weights)
	}
}

// Pooled adds the length of time_ids to the config.json of an XL U-Net, as _time_ids: six, or five for the refiner,
// from the width of the layer that takes them and the pooled text. Others' are unchanged.
func Pooled(config []byte, unet, text Weights) []byte {
	in, pooled := unet.Dim("add_embedding.linear_1.weight", 1), text.Dim("text_projection.weight", 0)
	var c settings
	if in == 0 || pooled == 0 || in <= pooled || json.Unmarshal(config, &c) != nil {
		return config
	}
	rest, each := in-pooled, int64(0)
	if v, ok := c["addition_time_embed_dim"].(float64); ok {
		each = int64(v)
	}
	switch {
	case each > 0 && rest%each == 0 && (rest/each == 5 || rest/each == 6):
		c["_time_ids"] = rest / each
	case rest%6 == 0:
		c["addition_time_embed_dim"], c["_time_ids"] = rest/6, 6
	case rest%5 == 0:
		c["addition_time_embed_dim"], c["_time_ids"] = rest/5, 5
	default:
		return config
	}
	return c.json()
}

// Control is the ControlNet in a file, for a U-Net with the config.json: what weights do not show is as in the U-Net.
func Control(f *File, unet []byte) (Network, error) {
	p := f.Part(ControlNet)
	if p == nil {
		return Network{}, f.NotA("ControlNet for Stable Diffusion 1, 2 or XL")
	}
	family := StableDiffusion1
	switch {
	case p.HasUnder("add_embedding."):
		family = StableDiffusionXL
	case p.linear():
		family = StableDiffusion2
	}
	s := unetConfig(p.Weights, family)
	s["_class_name"] = "ControlNetModel"
	delete(s, "up_block_types")
	var base settings
	if json.Unmarshal(unet, &base) == nil {
		for _, key := range []string{"attention_head_dim", "num_attention_heads", "norm_num_groups", "addition_time_embed_dim", "_time_ids"} {
			if v, ok := base[key]; ok {
				s[key] = v
			}
		}
	}
	name := strings.TrimSuffix(filepath.Base(f.Path), filepath.Ext(f.Path))
	return Network{name, s.json(), p.Weights}, nil
}

// Halves are the encoder and decoder of an autoencoder, each without weights where the file lacks it. The scaling of
// latents is that of instead, the config.json of the one that it replaces; nil: none.
func Halves(p Part, instead []byte) (encoder, decoder Network) {
	c := p.vaeConfig(Unknown)
	var base settings
	json.Unmarshal(instead, &base)
	for _, key := range []string{"scaling_factor", "shift_factor", "latents_mean", "latents_std", "sample_size", "norm_num_groups", "batch_norm_eps"} {
		if v, ok := base[key]; ok && p.Kind != TinyVAE && base["_class_name"] == c["_class_name"] {
			c[key] = v
		}
	}
	encoder, decoder = Network{Name: "vae_encoder"}, Network{Name: "vae_decoder"}
	if p.HasUnder("encoder.") {
		encoder = Network{"vae_encoder", c.json(), p.Half("vae_encoder")}
	}
	if p.HasUnder("decoder.") {
		decoder = Network{"vae_decoder", c.json(), p.Half("vae_decoder")}
	}
	return encoder, decoder
}

// Networks are all networks of the model.
func (m *Model) Networks() []Network {
	out := []Network{m.Denoiser}
	for _, t := range m.Text {
		out = append(out, t.Network)
	}
	for _, n := range []Network{m.Encoder, m.Decoder} {
		if n.Weights != nil {
			out = append(out, n)
		}
	}
	return out
}
