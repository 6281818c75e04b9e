package checkpoint

import (
	"fmt"
	"strconv"
	"strings"
)

// taesdNames renames the tiny autoencoder's original files (Bohan, 2023): the encoder's or the decoder's layers by
// number, alone or both in one file. The decoder's count begins with a clamp without weights, which diffusers omits.
func taesdNames(raw Weights) Weights {
	out := Weights{}
	for name, t := range raw {
		side := ""
		switch {
		case strings.HasPrefix(name, "taesd_encoder."):
			side, name = "encoder", name[len("taesd_encoder."):]
		case strings.HasPrefix(name, "taesd_decoder."):
			side, name = "decoder", name[len("taesd_decoder."):]
		case raw.Has("0.weight"):
			side = "encoder"
		default:
			side = "decoder"
		}
		number, rest, _ := strings.Cut(name, ".")
		n, err := strconv.Atoi(number)
		if err != nil {
			out[name] = t
			continue
		}
		if side == "decoder" {
			n--
		}
		out[fmt.Sprintf("%s.layers.%d.%s", side, n, rest)] = t
	}
	return out
}

// rrdbNames renames ESRGAN's networks to those of BasicSR: conv_first, body.0.rdb1.conv1, conv_body, conv_up1,
// conv_up2, conv_hr, conv_last. The first release numbered its layers, the second wrote RRDB_trunk.
func rrdbNames(raw Weights) Weights {
	out := Weights{}
	top := 0
	for name := range raw {
		if part := strings.Split(name, "."); part[0] == "model" && len(part) == 3 {
			if n, err := strconv.Atoi(part[1]); err == nil {
				top = max(top, n)
			}
		}
	}
	for name, t := range raw {
		out[rrdbName(name, top)] = t
	}
	return out
}

var rrdbSecond = [][2]string{{"trunk_conv", "conv_body"}, {"upconv1", "conv_up1"}, {"upconv2", "conv_up2"}, {"HRconv", "conv_hr"}}

func rrdbName(name string, top int) string {
	if rest, ok := strings.CutPrefix(name, "RRDB_trunk."); ok {
		return "body." + strings.Replace(rest, "RDB", "rdb", 1)
	}
	part := strings.Split(name, ".")
	if part[0] != "model" {
		return renamed(name, rrdbSecond)
	}
	kind := part[len(part)-1]
	if at(part, 1) == "1" && at(part, 2) == "sub" {
		if len(part) == 5 { // model.1.sub.23.weight: after the blocks
			return "conv_body." + kind
		}
		if len(part) == 7 { // model.1.sub.0.RDB1.conv1.0.weight
			return fmt.Sprintf("body.%s.%s.%s.%s", part[3], strings.ToLower(part[4]), part[5], kind)
		}
	}
	n, err := strconv.Atoi(at(part, 1))
	switch {
	case err != nil:
		return name
	case n == 0:
		return "conv_first." + kind
	case n == top:
		return "conv_last." + kind
	case n == top-2:
		return "conv_hr." + kind
	}
	return fmt.Sprintf("conv_up%d.%s", n/3, kind) // 3, 6
}
