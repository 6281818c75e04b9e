package adapter

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Block weights are those of the extension sd-webui-lora-block-weight: a number for each block of the network, in
// lists of 12 (SDXL), 17 (Stable Diffusion 1 and 2), 20 and 26 (the same with every block) or 61 (FLUX) numbers, or a
// preset's name. The first number of a list is the text encoders'.

// BlockWeights are factors by block; nil: 1 for all.
type BlockWeights map[string]float32

// blockLists are a list's blocks, by its length.
var blockLists = map[int][]string{
	12: strings.Fields("BASE IN04 IN05 IN07 IN08 M00 OUT00 OUT01 OUT02 OUT03 OUT04 OUT05"),
	17: strings.Fields("BASE IN01 IN02 IN04 IN05 IN07 IN08 M00 OUT03 OUT04 OUT05 OUT06 OUT07 OUT08 OUT09 OUT10 OUT11"),
	20: append(numbered("IN", 9, "BASE"), numbered("OUT", 9, "M00")...),
	26: append(numbered("IN", 12, "BASE"), numbered("OUT", 12, "M00")...),
	61: append(append(numbered("D", 19, "CLIP", "T5", "IN"), numbered("S", 38)...), "OUT"),
}

func numbered(prefix string, n int, before ...string) []string {
	for i := range n {
		before = append(before, fmt.Sprintf("%s%02d", prefix, i))
	}
	return before
}

// blockPresets are the extension's own, over 17 blocks unless they say otherwise.
var blockPresets = map[string]string{
	"NONE": "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0", "ALL": "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
	"INS": "1,1,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0", "IND": "1,0,0,0,1,1,1,0,0,0,0,0,0,0,0,0,0", "INALL": "1,1,1,1,1,1,1,0,0,0,0,0,0,0,0,0,0",
	"MIDD": "1,0,0,0,1,1,1,1,1,1,1,1,0,0,0,0,0",
	"OUTD": "1,0,0,0,0,0,0,0,1,1,1,1,0,0,0,0,0", "OUTS": "1,0,0,0,0,0,0,0,0,0,0,0,1,1,1,1,1", "OUTALL": "1,0,0,0,0,0,0,0,1,1,1,1,1,1,1,1,1",
	"ALL0.5":  "0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5",
	"FLUXALL": strings.Repeat("1,", 60) + "1",
}

// ParseBlockWeights reads a list or a preset's name: one of the extension's, a block's ("MID", "OUT05": that block
// alone) or N before a block's (all but that one).
func ParseBlockWeights(text string) (BlockWeights, error) {
	name := strings.ToUpper(strings.TrimSpace(text))
	if list, ok := blockPresets[name]; ok {
		text = list
	} else if one, ok := oneBlock(name); ok {
		return one, nil
	}
	fields := strings.Split(text, ",")
	blocks := blockLists[len(fields)]
	if len(fields) == 1 {
		return nil, fmt.Errorf("block weights %q are no preset that is known: write the numbers out, or one of NONE, ALL, INS, IND, INALL, MIDD, OUTD, OUTS, OUTALL", text)
	}
	if blocks == nil {
		return nil, fmt.Errorf("the %d block weights %q are of no length that is known: 12 for SDXL, 17 for Stable Diffusion 1 and 2, 20 or 26 with every block, 61 for FLUX", len(fields), text)
	}
	w := BlockWeights{}
	for i, f := range fields {
		v, err := strconv.ParseFloat(strings.TrimSpace(f), 32)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("block weight %q for %s is not a number", strings.TrimSpace(f), blocks[i])
		}
		w[blocks[i]] = float32(v)
	}
	w.close()
	return w, nil
}

// close sets blocks that a list leaves out to 0, as the extension does.
func (w BlockWeights) close() {
	if _, flux := w["D00"]; flux {
		return
	}
	for _, b := range blockLists[26] {
		if _, ok := w[b]; !ok {
			w[b] = 0
		}
	}
}

// oneBlock is the preset of a single block, or of all but one.
func oneBlock(name string) (BlockWeights, bool) {
	inside, outside := float32(1), float32(0)
	name = strings.Replace(name, "MID", "M00", 1)
	if bare, ok := strings.CutPrefix(name, "N"); ok {
		name, inside, outside = bare, 0, 1
	}
	if !slices.Contains(blockLists[17], name) {
		return nil, false
	}
	w := BlockWeights{}
	for _, b := range blockLists[17] {
		w[b] = outside
	}
	w[name] = inside
	w.close()
	return w, true
}

var (
	unetBlock = regexp.MustCompile(`^(down|up)_blocks_(\d+)_(resnets|attentions|downsamplers|upsamplers)_(\d+)_`)
	fluxBlock = regexp.MustCompile(`^(single_)?transformer_blocks_(\d+)_`)
)

// blockOf is the block that contains a module; "" where no list has it.
func blockOf(component, key string, flux bool) string {
	switch {
	case component == "text_encoder" && flux:
		return "CLIP"
	case component != "unet" && flux:
		return "T5"
	case component != "unet":
		return "BASE"
	case flux:
		return fluxBlockOf(key)
	case key == "conv_in":
		return "IN00"
	case strings.HasPrefix(key, "mid_block_"):
		return "M00"
	}
	m := unetBlock.FindStringSubmatch(key)
	if m == nil {
		return ""
	}
	level, _ := strconv.Atoi(m[2])
	layer, _ := strconv.Atoi(m[4])
	switch {
	case m[3] == "downsamplers":
		layer = 2
	case m[3] == "upsamplers":
		layer = 2
	}
	if m[1] == "down" {
		return fmt.Sprintf("IN%02d", 1+3*level+layer)
	}
	return fmt.Sprintf("OUT%02d", 3*level+layer)
}

func fluxBlockOf(key string) string {
	if m := fluxBlock.FindStringSubmatch(key); m != nil {
		number, _ := strconv.Atoi(m[2])
		if m[1] != "" {
			return fmt.Sprintf("S%02d", number)
		}
		return fmt.Sprintf("D%02d", number)
	}
	switch {
	case key == "x_embedder" || key == "context_embedder" || strings.HasPrefix(key, "time_text_embed_"):
		return "IN"
	case key == "proj_out" || strings.HasPrefix(key, "norm_out_"):
		return "OUT"
	}
	return ""
}

// Weigh groups a component's deltas by weight times their block's factor. Modules that no list has keep the weight.
// any reports whether any is in a block of the list.
func (w BlockWeights) Weigh(component string, deltas []Delta, weight float32) (out []Weighted, any bool) {
	_, flux := w["D00"]
	at := map[float32]int{}
	for _, d := range deltas {
		v := weight
		if factor, ok := w[blockOf(component, d.Key, flux)]; ok {
			v, any = v*factor, true
		}
		if _, ok := at[v]; !ok {
			at[v] = len(out)
			out = append(out, Weighted{Weight: v})
		}
		out[at[v]].Deltas = append(out[at[v]].Deltas, d)
	}
	return out, any
}
