package family

import (
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/tensor"
)

// Condition is one row of the denoiser's inputs besides x_t and the timestep, by the names of the graph's inputs: of
// the prompt, the negative prompt, or an empty one. The first axis is the batch's, except for positions.
type Condition map[string]tensor.Tensor

// The inputs for text states.
const (
	Hidden = "encoder_hidden_states"
	Pooled = "text_embeds" // and pooled_projections
)

// Settings are a request's parameters that condition the denoiser as numbers.
type Settings struct {
	Pictures                  int  // of the batch
	Picture                   bool // the run has one that the denoiser may see
	Width, Height             int  // px
	LatentWidth, LatentHeight int
	Channels                  int             // of x_t
	References                []tensor.Tensor // the reference pictures' latents, as Source has them
	Guidance                  float32
	// OriginalSize and TargetSize are height and width, px; zero: the picture's own. Crop is top and left, px.
	OriginalSize, TargetSize, NegativeOriginal, Crop [2]int
	Aesthetic, NegativeAesthetic                     float32 // score, 1 to 10; 0: 6 and 2.5
	Classes                                          []int   // one for all, or one a picture
	// Watch receives the guidance; never nil.
	Watch func(name string, t tensor.Tensor)
}

func (f standard) Condition(c Condition, s Settings, negative bool) error {
	n := f.network
	if n.TimeIDs > 0 {
		ids := f.timeIDs(s, negative)
		if len(ids) != n.TimeIDs {
			return fault.Unknown.Errorf("%s takes %d time_ids, this program supports 5 and 6: this kind of model is not supported", n.Name, n.TimeIDs)
		}
		c["time_ids"] = tensor.Repeat(ids, s.Pictures, len(ids))
	}
	if n.TimestepCond > 0 {
		c["timestep_cond"] = tensor.Repeat(guidanceEmbedding(float64(s.Guidance)-1, n.TimestepCond), s.Pictures, n.TimestepCond)
	}
	if n.Has["guidance"] {
		c["guidance"] = tensor.Repeat([]float32{s.Guidance}, s.Pictures)
		s.Watch("guidance", c["guidance"])
	}
	if n.Has["class_labels"] {
		return f.classes(c, s, negative)
	}
	return nil
}

// classes labels the pictures; the negative row has the null class.
func (f standard) classes(c Condition, s Settings, negative bool) error {
	labels := tensor.Zeros(s.Pictures)
	for i := range labels.Data {
		label := 0
		if k := len(s.Classes); k > 0 {
			label = s.Classes[i%k]
		}
		if known := len(f.config.Classes); negative {
			label = f.config.NullClass()
		} else if label < 0 || label >= known {
			return fault.Settings.Errorf("class %d is not one of %s's %d classes (0 to %d)", label, f.config.Model, known, known-1)
		}
		labels.Data[i] = float32(max(label, 0))
	}
	c["class_labels"] = labels
	return nil
}

// timeIDs are SDXL's size conditioning, heights before widths: original size, crop, target size, or in a refiner the
// aesthetic score in place of the target size.
func (f standard) timeIDs(s Settings, negative bool) []float32 {
	size := func(v [2]int) (float32, float32) {
		if v == [2]int{} {
			return float32(s.Height), float32(s.Width)
		}
		return float32(v[0]), float32(v[1])
	}
	scored := f.network.TimeIDs == 5
	oh, ow := size(s.OriginalSize)
	crop := s.Crop
	if negative && scored {
		crop = [2]int{}
	}
	if negative && s.NegativeOriginal != [2]int{} {
		oh, ow = size(s.NegativeOriginal)
	}
	ids := []float32{oh, ow, float32(crop[0]), float32(crop[1])}
	if scored {
		return append(ids, s.score(negative))
	}
	th, tw := size(s.TargetSize)
	return append(ids, th, tw)
}

func (s Settings) score(negative bool) float32 {
	score, usual := s.Aesthetic, float32(6)
	if negative {
		score, usual = s.NegativeAesthetic, 2.5
	}
	if score == 0 {
		return usual
	}
	return score
}

// guidanceEmbedding is LCM's timestep_cond for w = guidance - 1: sines, then
// cosines, of 1000 w at geometric frequencies (Luo et al., 2023).
func guidanceEmbedding(w float64, width int) []float32 {
	// every rounding to float32 is diffusers': at angles of thousands a last bit is 1e-4 of a turn
	half := width / 2
	out := make([]float32, width)
	rate := float32(math.Log(10000)) / float32(half-1)
	for i := 0; i < half; i++ {
		f := float32(math.Exp(float64(float32(i) * -rate)))
		a := float64(float32(w*1000) * f)
		out[i], out[half+i] = float32(math.Sin(a)), float32(math.Cos(a))
	}
	return out
}
