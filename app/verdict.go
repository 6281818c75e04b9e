package app

import (
	"fmt"

	"nirvana/app/recipe"
)

// verdict tells whether a picture that was made again came out the same, step for step.
func (s *Studio) verdict(made Recipe, used *Recipe) {
	if used == nil || !recipe.Same(made, *used) {
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
