package text

import (
	"context"
	"errors"
	"math"
	"slices"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// Seen gives a picture of the run as a language model with an image encoder sees it, [1, 3, height, width] in -1 to 1: of
// about area px, 0 for the size that the denoiser sees it at, and then of the size that fit chooses for it.
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

// sights are what the image encoder takes for pictures, see network's qwenVision, and the tokens that each becomes.
type sights struct {
	patches, at   []float32 // pixels and places of each patch
	windows       groups
	pictures      groups
	grids         []grid
	side, members int // px of a patch, patches of a window
}

// grid is a picture's tokens.
type grid struct{ rows, columns int }

// groups are patches that attend to each other; of each patch its group.
type groups struct {
	n  int
	of []int
}

// add cuts a picture, [1, 3, height, width], into patches, four neighbours after each other.
func (s *sights) add(v vision, picture tensor.Tensor) {
	side, merge := v.Cut.Side, v.Cut.Merge
	g := grid{picture.Shape[2] / side / merge, picture.Shape[3] / side / merge}
	across := v.Cut.Window / side / merge // tokens
	down, wide := (g.rows+across-1)/across, (g.columns+across-1)/across
	s.side, s.members = side, across*merge*across*merge
	for i := range g.rows * g.columns * merge * merge {
		token, within := i/(merge*merge), i%(merge*merge)
		y, x := token/g.columns*merge+within/merge, token%g.columns*merge+within%merge
		s.at = append(s.at, float32(y), float32(x))
		patch := make([]float32, 6*side*side)
		v.patch(patch, picture, y, x)
		s.patches = append(s.patches, patch...)
		s.windows.of = append(s.windows.of, s.windows.n+y/merge/across*wide+x/merge/across)
		s.pictures.of = append(s.pictures.of, s.pictures.n)
	}
	s.windows.n, s.pictures.n = s.windows.n+down*wide, s.pictures.n+1
	s.grids = append(s.grids, g)
}

// inputs are the encoder's; several: of one that sees several pictures.
func (s *sights) inputs(several bool) map[string]tensor.Tensor {
	n := len(s.at) / 2
	in := map[string]tensor.Tensor{"pixel_values": {Shape: []int{n, 6 * s.side * s.side}, Data: s.patches}, "patch_positions": {Shape: []int{n, 2}, Data: s.at}}
	s.windows.into(in, "window", s.members)
	if several {
		s.pictures.into(in, "picture", s.pictures.largest())
	}
	return in
}

// largest is how many patches the largest group has.
func (g groups) largest() int {
	most, have := 0, make([]int, g.n)
	for _, k := range g.of {
		have[k]++
		most = max(most, have[k])
	}
	return most
}

// into adds the patch at each place of every group, whether there is one, and each patch's place.
func (g groups) into(in map[string]tensor.Tensor, name string, size int) {
	members, filled, places := tensor.Zeros(g.n, size), tensor.Zeros(g.n, size), tensor.Zeros(len(g.of))
	taken := make([]int, g.n)
	for i, k := range g.of {
		place := k*size + taken[k]
		taken[k]++
		members.Data[place], filled.Data[place], places.Data[i] = float32(i), 1, float32(place)
	}
	in[name+"_rows"], in[name+"_filled"], in[name+"_places"] = members, filled, places
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

// ChatAbout is Chat with pictures: an image token in before stands for each. Nothing is cut off.
func (e *Encoders) ChatAbout(ctx context.Context, o Options, r Row, picture int, before, after string, area, depth int) (States, error) {
	if len(o.Pictures) == 0 {
		return States{}, fault.NeedsInput.Errorf("this model edits a picture: put one under the frame first")
	}
	one := &e.all[0]
	ports, _ := one.Graph.Ports()
	if graph.Find(ports, "pixel_values") == nil {
		return States{}, fault.Incomplete.Errorf("%s has no image encoder, which reads the picture: choose another file of Qwen2.5-VL", one.Name)
	}
	v, err := one.vision()
	if err != nil {
		return States{}, err
	}
	var seen sights
	for _, p := range o.Pictures {
		seen.add(v, p(area, v.fit))
	}
	ids, sources, places, err := seen.within(one.tokens.Encode(before+r.Of(0, picture)+after), v.Token)
	if err != nil {
		return States{}, fault.Incomplete.Errorf("%s's tokenizer %w: copy its folder again from where the model came from", one.Name, err)
	}
	o.watch(r.Label+"token_ids", ids)
	in := seen.inputs(graph.Find(ports, "picture_rows") != nil)
	in["token_sources"], in["position_ids"] = sources, places
	return e.states(ctx, 0, ids, further{in, in["pixel_values"].SHA256()}, depth)
}

// within puts as many image tokens in place of each picture's one as it has. sources are where each token's row is among
// the tokens' and, behind them, the pictures'. places are the tokens' in time, row and column, [3, token]: a picture's tokens
// have the same time, and what follows is behind its longer side.
func (s *sights) within(ids []int, image int) (all []int, sources, places tensor.Tensor, err error) {
	var at [3][]float32
	var from []float32
	next, left, rows := 0, s.grids, 0
	for _, id := range ids {
		if id != image || len(left) == 0 {
			for axis := range at {
				at[axis] = append(at[axis], float32(next))
			}
			from = append(from, float32(len(all)))
			all, next = append(all, id), next+1
			continue
		}
		g := left[0]
		left = left[1:]
		for k := range g.rows * g.columns {
			all, from = append(all, id), append(from, float32(-1-rows-k))
			for axis, p := range [3]int{next, next + k/g.columns, next + k%g.columns} {
				at[axis] = append(at[axis], float32(p))
			}
		}
		next, rows = next+max(g.rows, g.columns), rows+g.rows*g.columns
	}
	if len(left) > 0 {
		return nil, sources, places, errors.New("has no token for a picture")
	}
	for i, v := range from {
		if v < 0 {
			from[i] = float32(len(all)) - 1 - v
		}
	}
	places = tensor.Tensor{Shape: []int{3, len(all)}, Data: slices.Concat(at[0], at[1], at[2])}
	return all, tensor.Tensor{Shape: []int{len(all)}, Data: from}, places, nil
}
