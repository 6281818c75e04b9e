package adapter

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Many LoRAs for Stable Diffusion, all of kohya's for SDXL, use the module names of the original code (CompVis
// latent-diffusion, Stability's generative-models). Every U-Net of that family has two residual blocks on the way
// down and three on the way up in each level.

var (
	ldmBlock  = regexp.MustCompile(`^(input|output)_blocks_(\d+)_(\d+)_(.+)$`)
	ldmMiddle = regexp.MustCompile(`^middle_block_(\d)_(.+)$`)
	ldmWhole  = map[string]string{"input_blocks_0_0": "conv_in", "out_2": "conv_out", "out_0": "conv_norm_out",
		"time_embed_0": "time_embedding_linear_1", "time_embed_2": "time_embedding_linear_2",
		"label_emb_0_0": "add_embedding_linear_1", "label_emb_0_2": "add_embedding_linear_2"}
	ldmResnet = map[string]string{"in_layers_0": "norm1", "in_layers_2": "conv1", "emb_layers_1": "time_emb_proj",
		"out_layers_0": "norm2", "out_layers_3": "conv2", "skip_connection": "conv_shortcut"}
)

// diffusersName converts a module's name to diffusers'; those already are unchanged.
func diffusersName(key string) string {
	if whole, ok := ldmWhole[key]; ok {
		return whole
	}
	if m := ldmMiddle.FindStringSubmatch(key); m != nil {
		switch m[1] {
		case "0":
			return "mid_block_resnets_0_" + resnet(m[2])
		case "1":
			return "mid_block_attentions_0_" + m[2]
		}
		return "mid_block_resnets_1_" + resnet(m[2])
	}
	m := ldmBlock.FindStringSubmatch(key)
	if m == nil {
		return key
	}
	number, _ := strconv.Atoi(m[2])
	if m[1] == "input" {
		return downName(number-1, m[3], m[4])
	}
	return upName(number, m[3], m[4])
}

func downName(number int, slot, rest string) string {
	block, layer := number/3, number%3
	switch {
	case layer == 2:
		return fmt.Sprintf("down_blocks_%d_downsamplers_0_conv", block)
	case slot == "0":
		return fmt.Sprintf("down_blocks_%d_resnets_%d_%s", block, layer, resnet(rest))
	}
	return fmt.Sprintf("down_blocks_%d_attentions_%d_%s", block, layer, rest)
}

func upName(number int, slot, rest string) string {
	block, layer := number/3, number%3
	switch {
	case slot == "0":
		return fmt.Sprintf("up_blocks_%d_resnets_%d_%s", block, layer, resnet(rest))
	case rest == "conv":
		return fmt.Sprintf("up_blocks_%d_upsamplers_0_conv", block)
	}
	return fmt.Sprintf("up_blocks_%d_attentions_%d_%s", block, layer, rest)
}

func resnet(rest string) string {
	for old, now := range ldmResnet {
		if rest == old || strings.HasPrefix(rest, old+"_") {
			return now + rest[len(old):]
		}
	}
	return rest
}
