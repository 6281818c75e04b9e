package app

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"nirvana/app/recipe"
	"nirvana/engine"
)

// hashes are the SHA-256 of x_t after every step, x_T first, over little-endian
// float32, as `nirvana generate --trace` writes them.
func hashes(steps []engine.Step) []string {
	out := make([]string, len(steps))
	for i, s := range steps {
		buf := make([]byte, 0, 4*len(s.X.Data))
		for _, v := range s.X.Data {
			buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		}
		sum := sha256.Sum256(buf)
		out[i] = hex.EncodeToString(sum[:])
	}
	return out
}

// verdict tells whether a picture that was made again came out the same, step for step.
func (s *Studio) verdict(made Recipe, used *Recipe) {
	if used == nil || !sameRequest(made, *used) {
		return
	}
	step, ok := recipe.Compare(used.Hashes, made.Hashes)
	if !ok {
		return
	}
	n := &Notice{Headline: s.say("Made again: identical"), Advice: fmt.Sprintf(s.say("x_t agrees to the bit in all %d steps."), len(made.Hashes)-1)}
	switch {
	case step == 0:
		n.Headline, n.Advice = s.say("Made again: differs from the start"), s.say("It began from other noise or another picture.")
	case step > 0:
		n.Headline, n.Advice = fmt.Sprintf(s.say("Made again: differs from step %d"), step), s.say("Another machine or version computes in another order: look at both before you worry.")
		if made.ModelHash != used.ModelHash {
			n.Advice = s.say("The model is another than the recipe's.")
		}
	}
	s.notify(n)
}

// sameRequest says whether two recipes ask for the same, whatever made them and when.
func sameRequest(a, b Recipe) bool {
	return a.Prompt == b.Prompt && a.Negative == b.Negative && a.Seed == b.Seed && a.Steps == b.Steps && a.Sampler == b.Sampler && a.Schedule == b.Schedule &&
		a.Guidance == b.Guidance && a.Width == b.Width && a.Height == b.Height && a.RNG == b.RNG && a.Mode == b.Mode && a.Strength == b.Strength
}
