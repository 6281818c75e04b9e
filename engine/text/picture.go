package text

import (
	"context"
	"math"
	"slices"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// Seen gives the run's picture as a language model with an image encoder sees it, [1, 3, height, width] in -1 to 1: of
// about area px, 0 for the run's own size, and then of the size that fit chooses for it.
type Seen func(area int, fit func(width, height int) (w, h int)) tensor.Tensor

// vision is how the image encoder of Qwen2.5-VL (Bai et al., 2025) cuts pictures, from config.json.
type vision struct {
	Token int `json:"image_token_id"`
	Cut   struct {
		Side   int `json:"patch_size"`         // px
		Merge  int `json:"spatial_merge_size"` // patches a side that become one token
		Window int `json:"window_size"`        // px
	} `json:"vision_config"`
}

func (e *encoder) vision() (v vision, err error) {
	v.Token, v.Cut.Side, v.Cut.Merge, v.Cut.Window = 151655, 14, 2, 112
	if err = graph.ReadJSON(e.Config, &v); err != nil {
		return v, fault.Incomplete.Errorf("%s/config.json cannot be read: fetch the model again: %w", e.Name, err)
	}
	if c := v.Cut; c.Side < 1 || c.Merge < 1 || c.Window < c.Side*c.Merge || c.Window%(c.Side*c.Merge) != 0 {
		return v, fault.Unknown.Errorf("%s cuts pictures into patches of %d px and windows of %d px, which this program cannot", e.Name, c.Side, c.Window)
	}
	return v, nil
}

// The least and the most px that Qwen2.5-VL's image processor gives its encoder, and CLIP's mean and deviation, which
// pictures are standardised by: from the preprocessor_config.json of Qwen-Image-Edit.
const (
	leastSeen = 56 * 56
	mostSeen  = 12845056
)

var (
	seenMean = [3]float32{0.48145466, 0.4578275, 0.40821073}
	seenStd  = [3]float32{0.26862954, 0.26130258, 0.27577711}
)

// fit is the size that a picture is seen at: whole tokens.
func (v vision) fit(width, height int) (w, h int) {
	factor := v.Cut.Side * v.Cut.Merge
	near := func(n int) int { return int(math.RoundToEven(float64(n)/float64(factor))) * factor }
	w, h = near(width), near(height)
	area := float64(width) * float64(height)
	scaled := func(n int, by float64, round func(float64) float64) int {
		return max(1, int(round(float64(n)*by/float64(factor)))) * factor
	}
	switch {
	case w*h > mostSeen:
		by := math.Sqrt(mostSeen / area)
		return scaled(width, by, math.Floor), scaled(height, by, math.Floor)
	case w*h < leastSeen:
		by := math.Sqrt(leastSeen / area)
		return scaled(width, by, math.Ceil), scaled(height, by, math.Ceil)
	}
	return w, h
}

// inputs are what the image encoder takes, and the grid of tokens, rows and columns. See network's qwenVision.
func (v vision) inputs(picture tensor.Tensor) (in map[string]tensor.Tensor, rows, columns int) {
	side, merge := v.Cut.Side, v.Cut.Merge
	rows, columns = picture.Shape[2]/side/merge, picture.Shape[3]/side/merge
	n := rows * columns * merge * merge
	across := v.Cut.Window / side / merge // tokens
	down, wide, area := (rows+across-1)/across, (columns+across-1)/across, across*merge*across*merge
	patches, at := tensor.Zeros(n, 6*side*side), tensor.Zeros(n, 2)
	members, filled, places := tensor.Zeros(down*wide, area), tensor.Zeros(down*wide, area), tensor.Zeros(n)
	taken := make([]int, down*wide)
	for i := range n {
		token, within := i/(merge*merge), i%(merge*merge)
		y, x := token/columns*merge+within/merge, token%columns*merge+within%merge
		at.Data[2*i], at.Data[2*i+1] = float32(y), float32(x)
		v.patch(patches.Row(i).Data, picture, y, x)
		w := y/merge/across*wide + x/merge/across
		place := w*area + taken[w]
		taken[w]++
		members.Data[place], filled.Data[place], places.Data[i] = float32(i), 1, float32(place)
	}
	return map[string]tensor.Tensor{"pixel_values": patches, "patch_positions": at, "window_rows": members, "window_filled": filled, "window_places": places}, rows, columns
}

// patch standardises a patch: each channel twice, for two frames of a video.
func (v vision) patch(dst []float32, picture tensor.Tensor, y, x int) {
	side, width := v.Cut.Side, picture.Shape[3]
	plane := picture.Shape[2] * width
	for c := range 3 {
		first := dst[2*c*side*side:][:side*side]
		for i := range first {
			p := picture.Data[c*plane+(y*side+i/side)*width+x*side+i%side]
			first[i] = ((p+1)/2 - seenMean[c]) / seenStd[c]
		}
		copy(dst[(2*c+1)*side*side:], first)
	}
}

// ChatAbout is Chat with a picture: the image token in before stands for it. Nothing is cut off.
func (e *Encoders) ChatAbout(ctx context.Context, o Options, r Row, picture int, before, after string, area, depth int) (States, error) {
	if o.Picture == nil {
		return States{}, fault.NeedsInput.Errorf("this model edits a picture: put one under the frame first")
	}
	one := &e.all[0]
	if ports, _ := one.Graph.Ports(); graph.Find(ports, "pixel_values") == nil {
		return States{}, fault.Incomplete.Errorf("%s has no image encoder, which reads the picture: choose another file of Qwen2.5-VL", one.Name)
	}
	v, err := one.vision()
	if err != nil {
		return States{}, err
	}
	ids := one.tokens.Encode(before + r.Of(0, picture) + after)
	first := slices.Index(ids, v.Token)
	if first < 0 {
		return States{}, fault.Incomplete.Errorf("%s's tokenizer has no token for a picture: copy its folder again from where the model came from", one.Name)
	}
	in, rows, columns := v.inputs(o.Picture(area, v.fit))
	ids = slices.Replace(ids, first, first+1, slices.Repeat([]int{v.Token}, rows*columns)...)
	o.watch(r.Label+"token_ids", ids)
	in["picture_token"] = tensor.Tensor{Shape: []int{1}, Data: []float32{float32(first)}}
	in["position_ids"] = positionsAround(len(ids), first, rows, columns)
	return e.states(ctx, 0, ids, further{in, in["pixel_values"].SHA256()}, depth)
}

// positionsAround are the tokens' places in time, row and column: a picture's tokens from first on have the same time,
// and what follows is behind its longer side.
func positionsAround(n, first, rows, columns int) tensor.Tensor {
	t := tensor.Zeros(3, n)
	for i := range n {
		at := [3]int{i, i, i}
		switch k := i - first; {
		case k >= rows*columns:
			at[0] = first + max(rows, columns) + k - rows*columns
			at[1], at[2] = at[0], at[0]
		case k >= 0:
			at = [3]int{first, first + k/columns, first + k%columns}
		}
		for axis, p := range at {
			t.Data[axis*n+i] = float32(p)
		}
	}
	return t
}
