package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/pixel"
	"nirvana/engine/text"
	"nirvana/engine/token"
)

// VerifierPart is a network that scores how well a picture shows a prompt, as CLIP does (Radford et al., 2021). Its
// ports have the names of exported CLIP models: pixel_values [n, 3, side, side], and encoder_hidden_states [1,
// tokens, width], the states of the folder's first text encoder, or input_ids [1, tokens], or neither: then it scores
// the picture alone; logits_per_image [n, 1], higher for a better match. An image encoder has image_embeds [n, width] in
// its place, which are compared with the embedding of the folder's text encoder that has a projection of that width.
type VerifierPart struct {
	Part
	Preprocessor []byte // preprocessor_config.json: how a picture becomes pixel_values
	Tokenizer    string // folder, for input_ids
}

// verifier is an opened VerifierPart.
type verifier struct {
	VerifierPart
	side      int // px of pixel_values
	mean, std [3]float32
	states    bool          // it takes the text encoder's states
	tokens    *token.Folder // for input_ids; nil: none
	output    int           // position of logits_per_image, or of image_embeds
	encoder   int           // the text encoder that image_embeds are compared with; -1: the output is the score
}

// clipScale is what CLIP multiplies cosines with: exp(logit_scale) of all its published weights.
const clipScale = 100

// clipMean and clipStd are CLIP's own, for folders without a preprocessor_config.json.
var (
	clipMean = [3]float32{0.48145466, 0.4578275, 0.40821073}
	clipStd  = [3]float32{0.26862954, 0.26130258, 0.27577711}
)

// newVerifier fails where the network's ports are not a verifier's. It is nil for an image encoder that no text encoder of
// the folder fits.
func newVerifier(p VerifierPart, texts *text.Encoders) (*verifier, error) {
	v := &verifier{VerifierPart: p, side: 224, mean: clipMean, std: clipStd, output: -1, encoder: -1}
	in, out := p.Graph.Ports()
	embeds := -1
	for i, o := range out {
		switch o.Name {
		case "logits_per_image":
			v.output = i
		case "image_embeds":
			embeds = i
		}
	}
	if v.output < 0 && embeds >= 0 {
		v.output, v.encoder = embeds, texts.Projected(graph.LastAxis(&out[embeds]))
	}
	x := graph.Find(in, "pixel_values")
	switch {
	case p.Name == imageEncoder && (x == nil || v.output < 0 || v.output == embeds && v.encoder < 0):
		return nil, nil
	case x == nil || len(x.Shape) != 4:
		return nil, fault.Unknown.Errorf("%s has no input pixel_values [n, 3, height, width]: it is not a verifier that this program knows", p.Name)
	case v.output < 0:
		return nil, fault.Unknown.Errorf("%s has no output logits_per_image: it is not a verifier that this program knows", p.Name)
	case v.output == embeds && v.encoder < 0:
		return nil, fault.Unknown.Errorf("%s gives image_embeds, and no text encoder of the folder has text_embeds of that width: choose a CLIP model with both halves as the verifier", p.Name)
	}
	if err := v.preprocessing(); err != nil {
		return nil, err
	}
	if s := x.Shape[3]; s > 0 {
		v.side = s
	}
	v.states = graph.Find(in, "encoder_hidden_states") != nil
	if v.states && texts.Len() == 0 || graph.Find(in, "input_ids") != nil && p.Tokenizer == "" {
		return nil, fault.Incomplete.Errorf("%s reads prompts, and the folder has no text encoder or tokenizer for it: fetch it again", p.Name)
	}
	if v.states || p.Tokenizer == "" {
		return v, nil
	}
	var err error
	v.tokens, err = token.Open(p.Tokenizer)
	return v, err
}

// preprocessing reads preprocessor_config.json, as transformers' CLIPImageProcessor writes it.
func (v *verifier) preprocessing() error {
	if v.Preprocessor == nil {
		return nil
	}
	var c struct {
		Mean []float32       `json:"image_mean"`
		Std  []float32       `json:"image_std"`
		Size json.RawMessage `json:"size"`
	}
	if err := json.Unmarshal(v.Preprocessor, &c); err != nil {
		return fault.Incomplete.Errorf("preprocessor_config.json of %s cannot be read: fetch it again: %w", v.Name, err)
	}
	if len(c.Mean) == 3 && len(c.Std) == 3 && c.Std[0] > 0 && c.Std[1] > 0 && c.Std[2] > 0 {
		v.mean, v.std = [3]float32(c.Mean), [3]float32(c.Std)
	}
	var side int
	var sides struct {
		Height  int `json:"height"`
		Longest int `json:"shortest_edge"`
	}
	if json.Unmarshal(c.Size, &side) != nil && json.Unmarshal(c.Size, &sides) == nil {
		side = max(sides.Height, sides.Longest)
	}
	if side > 0 && side <= 1024 {
		v.side = side
	}
	return nil
}

// imageEncoder is the folder's name of an image encoder, which serves other purposes too.
const imageEncoder = "image_encoder"

// Score scores how well each picture shows the request's prompt: the verifier's logits, comparable among pictures of
// one prompt only. It fails where the folder has no verifier (Facts.Verifier).
func (m *Model) Score(ctx context.Context, r Request, pictures ...*image.RGBA) ([]float32, error) {
	v := m.verifier
	if v == nil {
		return nil, fault.Settings.Errorf("%s has no verifier, which a search needs: ask for one picture, or choose a model that has one", m.facts.Name)
	}
	in := map[string]Tensor{"pixel_values": v.pixels(pictures)}
	if err := m.readPrompt(ctx, v, plainPrompt(r), in); err != nil {
		return nil, err
	}
	out, err := v.Graph.Run(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("the verifier: %w", err)
	}
	scores := out[v.output].Data
	if v.encoder >= 0 {
		if scores, err = m.cosines(ctx, v, out[v.output], plainPrompt(r)); err != nil {
			return nil, err
		}
	}
	if len(scores) != len(pictures) {
		return nil, fault.Incomplete.Errorf("%s gave %d scores for %d pictures: it is not a verifier that this program knows", v.Name, len(scores), len(pictures))
	}
	for _, s := range scores {
		if math.IsNaN(float64(s)) || math.IsInf(float64(s), 0) {
			return nil, fault.Incomplete.Errorf("%s gave a score that is not a number: the model is damaged, fetch it again", v.Name)
		}
	}
	return scores, nil
}

// cosines are clipScale times the cosines of image embeddings [n, width] and the prompt's text embedding.
func (m *Model) cosines(ctx context.Context, v *verifier, images Tensor, prompt string) ([]float32, error) {
	words, err := m.text.Embedding(ctx, v.encoder, prompt)
	if err != nil {
		return nil, err
	}
	width := len(words.Data)
	if width == 0 || len(images.Data)%width != 0 {
		return nil, fault.Incomplete.Errorf("%s gave embeddings of another width than the text encoder's %d: fetch the model again", v.Name, width)
	}
	var out []float32
	for row := range slices.Chunk(images.Data, width) {
		var dot, a, b float64
		for i, x := range row {
			y := float64(words.Data[i])
			dot, a, b = dot+float64(x)*y, a+float64(x)*float64(x), b+y*y
		}
		out = append(out, float32(clipScale*dot/math.Sqrt(a*b)))
	}
	return out, nil
}

// plainPrompt is the prompt without weights, schedules and LoRA calls, as at the end of the run.
func plainPrompt(r Request) string {
	prompt := r.Prompt
	if len(r.Prompts) > 0 {
		prompt = r.Prompts[0]
	}
	if !r.Syntax {
		return prompt
	}
	var parts []string
	for _, p := range token.Parse(prompt).At(max(r.Steps, 1)-1, max(r.Steps, 1)) {
		parts = append(parts, text.Plain(p.Text))
	}
	return strings.Join(parts, " ")
}

// readPrompt adds the verifier's inputs for the prompt.
func (m *Model) readPrompt(ctx context.Context, v *verifier, prompt string, in map[string]Tensor) error {
	if v.states {
		states, err := m.text.Prompt(ctx, text.Options{}, text.Row{First: []string{prompt}}, 0, 0, 0)
		in["encoder_hidden_states"] = states.Hidden
		return err
	}
	if v.tokens == nil {
		return nil
	}
	ids := v.tokens.Padded(prompt, v.tokens.Max)
	in["input_ids"] = text.IDs(ids)
	if ports, _ := v.Graph.Ports(); graph.Find(ports, "attention_mask") != nil {
		in["attention_mask"] = text.AttentionMask(ids, v.tokens.Pad)
	}
	return nil
}

// onWhite puts a picture on white, as it is scored where it was cut out.
func onWhite(img *image.RGBA) *image.RGBA {
	if img.Opaque() {
		return img
	}
	return pixel.Flatten(img, image.White)
}

// pixels are the pictures as pixel_values.
func (v *verifier) pixels(pictures []*image.RGBA) Tensor {
	t := Zeros(len(pictures), 3, v.side, v.side)
	area := v.side * v.side
	for i, img := range pictures {
		row := t.Row(i).Data
		pixel.ToTensor(onWhite(pixel.Resize(img, v.side, v.side)), row) // -1 to 1
		for c := range 3 {
			plane := row[c*area : (c+1)*area]
			for k := range plane {
				plane[k] = ((plane[k]+1)/2 - v.mean[c]) / v.std[c]
			}
		}
	}
	return t
}
