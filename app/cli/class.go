package cli

import (
	"fmt"
	"strings"

	"nirvana/app/task"
	"nirvana/engine"
)

// setClass finds --class among the model's classes. For a model without prompts, --prompt has to name a class; otherwise
// the picture would not show what the prompt says.
func (o *options) setClass(env Env, f engine.Facts, r *engine.Request) error {
	if o.class != "" && len(f.Classes) == 0 {
		return wrong("%s has no classes: leave --class out", f.Name)
	}
	if o.class != "" {
		i := task.ClassNamed(f.Classes, o.class)
		if i < 0 {
			return wrong("--class %q is none of %s", o.class, strings.Join(f.Classes, ", "))
		}
		r.ClassLabels = []int{i}
	}
	if f.Text || !o.set["prompt"] || strings.TrimSpace(r.Prompt) == "" {
		return nil
	}
	prompt := r.Prompt
	r.Prompt, r.Negative = "", ""
	if len(f.Classes) == 0 {
		return wrong("%s takes no prompt: leave --prompt out", f.Name)
	}
	if o.class == "" {
		i := task.ClassIn(f.Classes, prompt)
		if i < 0 {
			return wrong("%s takes no prompt but a class, and %q names none of them: give --class, one of %s", f.Name, prompt, strings.Join(f.Classes, ", "))
		}
		r.ClassLabels = []int{i}
	}
	fmt.Fprintf(env.Err, "nirvana generate: %s takes no prompt but a class: %s is drawn\n", f.Name, line(f.Classes[r.ClassLabels[0]]))
	return nil
}
