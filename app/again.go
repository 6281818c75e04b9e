package app

import (
	"errors"
	"fmt"

	"nirvana/app/job"
	"nirvana/app/recipe"
	"nirvana/engine"
)

// ShownRecipe is that of the picture that is shown; nil where it is not known.
func (s *Studio) ShownRecipe() *Recipe {
	if c := s.Tray.Current(); c != nil && !s.Tray.Comparing {
		return &c.Recipe
	}
	return s.Document.Recipe
}

// MakeAgain makes a recipe's picture once more and tells whether it came out the same. What began from a prompt alone
// does so again, whatever lies on the canvas; what began from a picture wants one there.
func (s *Studio) MakeAgain(r Recipe) {
	s.Use(r)
	mode := s.Mode()
	if r.Mode == TextToImage.String() || r.Mode == "" && r.Strength == 0 {
		mode = TextToImage
	} else if mode == TextToImage || r.Mode != "" && r.Mode != mode.String() {
		s.notify(&Notice{Headline: s.say("This picture began from another one"), Advice: s.say("Open the picture that it started from, then reproduce it.")})
		return
	}
	info, ok := s.mayRun()
	if !ok {
		return
	}
	run := s.prepareAs(info, mode)
	run.Count = 1
	j := &run.Job
	j.Again = true
	for _, c := range r.Changes {
		to, err := c.Request(nil, func(recipe.Graft, int) (engine.Tensor, error) { return engine.Tensor{}, errGraft })
		if err != nil {
			s.notify(&Notice{Headline: s.say("This picture cannot be reproduced here"), Advice: s.say("Something was painted or grafted into it during the run whose pixels its recipe does not contain."), Detail: err.Error()})
			return
		}
		j.Request.Changes = append(j.Request.Changes, to)
	}
	j.Request.Variation, j.Request.VariationSeed = r.Variation, r.VariationSeed // which no setting keeps
	j.Recipe.Variation, j.Recipe.VariationSeed = r.Variation, r.VariationSeed
	s.submit(run)
	s.changed(ChangedSettings)
}

// errGraft is of a graft, whose parent would have to be made first.
var errGraft = errors.New("part of another run's step was grafted in: use nirvana generate --recipe")

// verdict tells whether a picture that was made again came out the same, step for step.
func (s *Studio) verdict(made Recipe, j *job.Job) {
	if j.Used == nil {
		return
	}
	used := *j.Used
	step, ok := recipe.Compare(used.Hashes, made.Hashes)
	n := &Notice{Headline: fmt.Sprintf(s.say("Reproduced exactly, all %d steps match"), len(made.Hashes)-1)}
	switch same := recipe.Same(made, used); {
	case !(same && ok) && !j.Again:
		return
	case !same:
		n.Headline, n.Advice = s.say("Reproduced, but not with the same settings"), s.say("The model or the canvas does not allow all that the recipe asks for.")
	case !ok:
		n.Headline, n.Advice = s.say("Reproduced"), s.say("The recipe has no hashes of its steps: compare the pictures by eye.")
	case step < 0: // to the bit
	case step == 0:
		n.Headline, n.Advice = s.say("Reproduced, but different from the first step on"), s.why(made, used, step)
	default:
		n.Headline, n.Advice = fmt.Sprintf(s.say("Reproduced, but different from step %d on"), step), s.why(made, used, step)
	}
	s.notify(n)
}

// why is what could make the difference, as far as the recipes tell.
func (s *Studio) why(made, used Recipe, step int) string {
	switch made.Why(used, step) {
	case recipe.OtherModel:
		return s.say("The model is another than the recipe's.")
	case recipe.OtherStart:
		return s.say("It began from another picture than the recipe's.")
	case recipe.OtherControl:
		return s.say("A ControlNet followed another picture than the recipe's.")
	case recipe.OtherRuntime:
		return fmt.Sprintf(s.say("It was made with %s, this is %s."), used.Runtime, made.Runtime)
	case recipe.OtherProgram:
		return fmt.Sprintf(s.say("It was made with %s, this is %s."), used.Software, made.Software)
	case recipe.OtherOrder:
		return s.say("Another machine or version rounds differently: small differences are normal.")
	}
	return s.say("It began from other noise or another picture.")
}
