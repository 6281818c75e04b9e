package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"nirvana/app/style"
	"nirvana/app/wildcard"
	"nirvana/engine"
)

// wordOptions are the flags for styles and wildcards, which add text from files to prompts.
type wordOptions struct {
	styles, styleFiles list
	wildcards          string
}

func (w *wordOptions) flags(f *flag.FlagSet) {
	f.Var(&w.styles, "style", "NAME of a style to apply to the prompts, with its settings unless a flag sets them; can be repeated")
	f.Var(&w.styleFiles, "styles", "FILE of styles in addition to those in the data folder: AUTOMATIC1111's styles.csv, JSON of Fooocus, SD.Next or Krita AI Diffusion; can be repeated")
	f.StringVar(&w.wildcards, "wildcards", "", "folder of wildcard files: __NAME__ in a prompt is replaced by a line of NAME.txt, drawn with the seed; default: wildcards in the data folder")
}

// style applies the named styles to the request.
func (o *options) style(home string) error {
	if len(o.styles) == 0 && len(o.styleFiles) == 0 {
		return nil
	}
	var all []style.Style
	for _, file := range o.styleFiles {
		some, err := style.Read(file)
		if err != nil {
			return fmt.Errorf("--styles: %w", err)
		}
		all = append(all, some...)
	}
	own, lost := style.In(home)
	chosen, err := style.Named(append(all, own...), o.styles)
	if err != nil {
		if lost != nil {
			err = fmt.Errorf("%w (%w)", err, lost)
		}
		return fmt.Errorf("--style: %w", err)
	}
	q := &o.request
	if q.Prompt, q.Negative, err = style.Apply(q.Prompt, q.Negative, chosen); err != nil {
		return err
	}
	q.NoNegative = q.NoNegative && q.Negative == ""
	for _, s := range chosen {
		o.settings(s.Settings)
	}
	return nil
}

// settings applies a style's settings that no flag sets. A draft has its own.
func (o *options) settings(s style.Settings) {
	q := &o.request
	if s.ClipSkip > 0 && !o.set["clip-skip"] {
		q.ClipSkip = s.ClipSkip
	}
	if q.Draft {
		return
	}
	if s.Sampler != "" && !o.set["sampler"] && !o.set["schedule"] {
		q.Sampler, q.Schedule = s.Sampler, s.Schedule
	}
	if s.Steps > 0 && !o.set["steps"] && len(q.Timesteps)+len(q.Sigmas) == 0 {
		q.Steps = s.Steps
	}
	if s.Guidance > 0 && !o.set["guidance"] && !q.CFGPlusPlus {
		q.Guidance, q.NoGuidance, q.GuidanceCurve = s.Guidance, false, nil
	}
}

// fromFiles replaces wildcards in a picture's prompts by lines of their files, drawn with its seed.
func (o *options) fromFiles(home string, r *engine.Request) error {
	folder := o.wildcards
	switch {
	case !r.Syntax:
		return nil
	case folder != "":
		if st, err := os.Stat(folder); err != nil || !st.IsDir() {
			return fmt.Errorf("--wildcards %s is not a folder: name the one that the files lie in", folder)
		}
	case home != "":
		folder = filepath.Join(home, "wildcards")
	}
	return wildcard.Into(r, folder)
}

// usedStyles are the names of the styles in the prompts.
func (o *options) usedStyles() []string {
	var out []string
	if o.used != nil && !o.set["prompt"] {
		out = append(out, o.used.Styles...)
	}
	return append(out, o.styles...)
}
