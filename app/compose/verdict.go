package compose

import (
	"fmt"

	"nirvana/app/job"
	"nirvana/app/notice"
	"nirvana/app/recipe"
)

// Verdict reports whether a reproduced picture is the same, step by step; nil if there is nothing to report. say
// translates.
func Verdict(made recipe.Recipe, j *job.Job, say func(string) string) *notice.Notice {
	if j.Used == nil {
		return nil
	}
	used := *j.Used
	if u := made.Upscale; u != nil && (u.Refine == 0 || j.Again && used.StepHashes() == nil) {
		return enlarged(*u, used.Upscale, say)
	}
	step, ok := recipe.Compare(used.Hashes, made.Hashes)
	n := &notice.Notice{Headline: fmt.Sprintf(say("Reproduced exactly, all %d steps match"), len(made.Hashes)-1)}
	switch same := recipe.Same(made, used); {
	case !(same && ok) && !j.Again:
		return nil
	case !same:
		n.Headline, n.Advice = say("Reproduced, but not with the same settings"), say("The model or the canvas does not allow all that the recipe asks for.")
	case !ok:
		n.Headline, n.Advice = say("Reproduced"), say("The recipe has no hashes of its steps: compare the pictures by eye.")
	case step < 0: // bit-identical
	case step == 0:
		n.Headline, n.Advice = say("Reproduced, but different from the first step on"), why(made, used, step, say)
	default:
		n.Headline, n.Advice = fmt.Sprintf(say("Reproduced, but different from step %d on"), step), why(made, used, step, say)
	}
	return n
}

// Continued reports that a picture, which continues a run that began with another model, library or version, is not
// exactly what that run would have come to; nil if it is. say translates.
func Continued(made recipe.Recipe, began *recipe.Recipe, say func(string) string) *notice.Notice {
	if began == nil {
		return nil
	}
	was := *began
	if was.ModelHash == "" {
		was.ModelHash = made.ModelHash
	}
	was.Pictures = nil // what it began from was read then
	switch made.Why(was, 0) {
	case recipe.OtherModel, recipe.OtherRuntime, recipe.OtherProgram:
		return &notice.Notice{Headline: say("Gone on with, but not exactly as it would have been"), Advice: why(made, was, 0, say)}
	}
	return nil
}

// why describes the possible cause of the difference, as far as the recipes show it.
func why(made, used recipe.Recipe, step int, say func(string) string) string {
	switch made.Why(used, step) {
	case recipe.OtherModel:
		return say("The model is another than the recipe's.")
	case recipe.OtherStart:
		return say("It began from another picture than the recipe's.")
	case recipe.OtherControl:
		return say("A ControlNet followed another picture than the recipe's.")
	case recipe.OtherReference:
		return say("A reference is another picture than the recipe's.")
	case recipe.OtherRuntime:
		return fmt.Sprintf(say("It was made with %s, this is %s."), used.Runtime, made.Runtime)
	case recipe.OtherProgram:
		return fmt.Sprintf(say("It was made with %s, this is %s."), used.Software, made.Software)
	case recipe.OtherOrder:
		return say("Another machine or version rounds differently: small differences are normal.")
	}
	return say("It began from other noise or another picture.")
}

// enlarged reports whether an enlarged picture is the same, pixel by pixel.
func enlarged(made recipe.Upscale, used *recipe.Upscale, say func(string) string) *notice.Notice {
	switch {
	case used == nil || used.Made == "":
		return &notice.Notice{Headline: say("Reproduced"), Advice: say("The recipe has no hashes of its steps: compare the pictures by eye.")}
	case used.Made == made.Made:
		return &notice.Notice{Headline: say("Reproduced exactly, all pixels match")}
	}
	return &notice.Notice{Headline: say("Reproduced, but not exactly"), Advice: say("Another machine or version rounds differently: small differences are normal.")}
}
