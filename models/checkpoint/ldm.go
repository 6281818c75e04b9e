package checkpoint

import (
	"fmt"
	"strconv"
	"strings"
)

// The U-Net of latent-diffusion (Rombach et al., 2022) numbers its blocks consecutively: input_blocks.0 is the first
// convolution, every further one a residual block with or without a transformer, or a convolution that halves the
// side and so ends a level. diffusers counts levels, and blocks within them.

// renamed replaces the beginning of a name within a module; names that are not in the table are unchanged.
func renamed(rest string, table [][2]string) string {
	for _, r := range table {
		if tail, ok := strings.CutPrefix(rest, r[0]+"."); ok {
			return r[1] + "." + tail
		}
	}
	return rest
}

var (
	unetWhole = [][2]string{{"time_embed.0", "time_embedding.linear_1"}, {"time_embed.2", "time_embedding.linear_2"},
		{"time_embed.cond_proj", "time_embedding.cond_proj"}, {"time_embed_cond", "time_embedding.cond_proj"},
		{"label_emb.0.0", "add_embedding.linear_1"}, {"label_emb.0.2", "add_embedding.linear_2"},
		{"input_blocks.0.0", "conv_in"}, {"out.0", "conv_norm_out"}, {"out.2", "conv_out"},
		{"middle_block_out.0", "controlnet_mid_block"},
		{"input_hint_block.0", "controlnet_cond_embedding.conv_in"}, {"input_hint_block.14", "controlnet_cond_embedding.conv_out"}}
	unetResnet = [][2]string{{"in_layers.0", "norm1"}, {"in_layers.2", "conv1"}, {"emb_layers.1", "time_emb_proj"},
		{"out_layers.0", "norm2"}, {"out_layers.3", "conv2"}, {"skip_connection", "conv_shortcut"}}
	vaeResnet    = [][2]string{{"nin_shortcut", "conv_shortcut"}}
	vaeAttention = [][2]string{{"norm", "group_norm"}, {"q", "to_q"}, {"k", "to_k"}, {"v", "to_v"}, {"proj_out", "to_out.0"}}
)

// block is a numbered block's position in diffusers' count.
type block struct{ level, layer int }

// ldmUNet renames a U-Net's or a ControlNet's tensors.
func ldmUNet(raw Weights) Weights {
	down, levels := countDown(raw)
	up := countUp(raw, levels)
	out := Weights{}
	for name, t := range raw {
		out[unetName(raw, name, down, up)] = t
	}
	return out
}

func countDown(raw Weights) (places []block, levels int) {
	places = append(places, block{}) // conv_in
	var at block
	for i := 1; i < raw.Count("input_blocks"); i++ {
		places = append(places, at)
		if at.layer++; raw.Has(fmt.Sprintf("input_blocks.%d.0.op.weight", i)) {
			at = block{level: at.level + 1}
		}
	}
	return places, at.level + 1
}

func countUp(raw Weights, levels int) (places []block) {
	var at block
	for i := range raw.Count("output_blocks") {
		places = append(places, at)
		at.layer++
		for _, slot := range []string{"1", "2"} {
			if raw.Has(fmt.Sprintf("output_blocks.%d.%s.conv.weight", i, slot)) {
				at = block{level: at.level + 1}
			}
		}
	}
	return places
}

func unetName(raw Weights, name string, down, up []block) string {
	if whole := renamed(name, unetWhole); whole != name {
		return whole
	}
	part := strings.SplitN(name, ".", 4)
	number, err := strconv.Atoi(at(part, 1))
	if err != nil || len(part) < 3 {
		return name
	}
	rest := strings.Join(part[2:], ".")
	slot, inner, _ := strings.Cut(rest, ".")
	switch part[0] {
	case "middle_block":
		return middleName(number, rest)
	case "zero_convs":
		return fmt.Sprintf("controlnet_down_blocks.%d.%s", number, inner)
	case "input_hint_block":
		return fmt.Sprintf("controlnet_cond_embedding.blocks.%d.%s", number/2-1, rest)
	case "input_blocks":
		if number >= len(down) {
			return name
		}
		b := down[number]
		if tail, ok := strings.CutPrefix(inner, "op."); ok {
			return fmt.Sprintf("down_blocks.%d.downsamplers.0.conv.%s", b.level, tail)
		}
		return blockName("down_blocks", b, slot, inner)
	case "output_blocks":
		if number >= len(up) {
			return name
		}
		b := up[number]
		if tail, ok := strings.CutPrefix(inner, "conv."); ok && slot != "0" {
			return fmt.Sprintf("up_blocks.%d.upsamplers.0.conv.%s", b.level, tail)
		}
		return blockName("up_blocks", b, slot, inner)
	}
	return name
}

func at(parts []string, i int) string {
	if i < len(parts) {
		return parts[i]
	}
	return ""
}

func blockName(side string, b block, slot, inner string) string {
	if slot == "0" {
		return fmt.Sprintf("%s.%d.resnets.%d.%s", side, b.level, b.layer, renamed(inner, unetResnet))
	}
	return fmt.Sprintf("%s.%d.attentions.%d.%s", side, b.level, b.layer, inner)
}

// middleName is for a middle of two residual blocks with a transformer between them.
func middleName(number int, rest string) string {
	if number == 1 {
		return "mid_block.attentions.0." + rest
	}
	return fmt.Sprintf("mid_block.resnets.%d.%s", number/2, renamed(rest, unetResnet))
}

// ldmVAE renames an autoencoder's tensors. Its decoder counts levels from the finest, diffusers from the coarsest.
func ldmVAE(raw Weights) Weights {
	levels := raw.Count("decoder.up")
	out := Weights{}
	for name, t := range raw {
		out[vaeName(name, levels)] = t
	}
	return out
}

func vaeName(name string, levels int) string {
	part := strings.Split(name, ".")
	side := part[0]
	if len(part) < 3 || side != "encoder" && side != "decoder" {
		return name
	}
	rest := strings.Join(part[2:], ".")
	switch part[1] {
	case "quant_conv", "post_quant_conv": // FLUX.2's
		return strings.Join(part[1:], ".")
	case "norm_out":
		return side + ".conv_norm_out." + rest
	case "mid":
		module, inner, _ := strings.Cut(rest, ".")
		switch module {
		case "block_1":
			return side + ".mid_block.resnets.0." + renamed(inner, vaeResnet)
		case "block_2":
			return side + ".mid_block.resnets.1." + renamed(inner, vaeResnet)
		case "attn_1":
			return side + ".mid_block.attentions.0." + renamed(inner, vaeAttention)
		}
	case "down", "up":
		level, err := strconv.Atoi(part[2])
		if err != nil || len(part) < 5 {
			return name
		}
		if part[1] == "up" {
			level = levels - 1 - level
		}
		prefix := fmt.Sprintf("%s.%s_blocks.%d.", side, part[1], level)
		if part[3] == "block" {
			return prefix + "resnets." + part[4] + "." + renamed(strings.Join(part[5:], "."), vaeResnet)
		}
		return prefix + part[3] + "rs.0." + strings.Join(part[4:], ".") // downsample, upsample
	}
	return name
}
