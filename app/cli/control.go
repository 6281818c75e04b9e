package cli

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/engine/wholefile"
	"nirvana/models"
)

// mostConfig is the largest file of settings that a flag names, bytes.
const mostConfig = 1 << 20

// control is a parsed --control: NET:FILE:WEIGHT,FROM,UNTIL, where all but FILE are optional.
type control struct {
	text    string
	net     string    // a ControlNet's folder or its number from 1; "": the first
	file    string    // the picture
	numbers []float32 // weight, and the share of the steps where it begins and ends, as far as given
}

// controlNets parses the --control flags, and adds ControlNets from other folders to the model's.
func (o *options) controlNets(f *models.Folder) (out []control, err error) {
	for _, text := range o.controls {
		c := control{text: text, file: text}
		if i := strings.LastIndexByte(text, ':'); i >= 2 {
			if numbers, ok := shares(text[i+1:]); ok {
				c.file, c.numbers = text[:i], numbers
			}
		}
		if !exists(c.file) {
			if err := c.split(f); err != nil {
				return nil, err
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// shares reads up to three numbers separated by commas.
func shares(text string) (out []float32, ok bool) {
	for part := range strings.SplitSeq(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 32)
		if err != nil {
			return nil, false
		}
		out = append(out, float32(v))
	}
	return out, len(out) <= 3
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// split separates NET from the picture's name: a folder with a network or a file of weights, which is added to the
// model's ControlNets, or the name of one of those.
func (c *control) split(f *models.Folder) error {
	for i, r := range c.file {
		name := c.file[:i]
		if r != ':' || i == 1 && c.file[0] > '9' { // a drive's letter
			continue
		}
		if models.IsWeights(name) {
			p, err := f.ControlFile(name)
			if err != nil {
				return err
			}
			c.net, c.file = addControl(f, p), c.file[i+1:]
			return nil
		}
		if network := filepath.Join(name, "model.onnx"); exists(network) {
			config, _ := wholefile.ReadMost(filepath.Join(name, "config.json"), mostConfig)
			c.net, c.file = addControl(f, models.Part{Name: filepath.Base(name), Path: network, Config: config}), c.file[i+1:]
			return nil
		}
		if c.net == "" {
			c.net = name
		}
	}
	if c.net != "" {
		c.file = strings.TrimPrefix(c.file, c.net+":")
	}
	return nil
}

// addControl returns the number of a ControlNet and adds it if the model does not have it.
func addControl(f *models.Folder, p models.Part) string {
	for i, have := range f.Control {
		a, err := os.Stat(have.Path)
		b, err2 := os.Stat(p.Path)
		if err == nil && err2 == nil && os.SameFile(a, b) {
			return strconv.Itoa(i + 1)
		}
	}
	f.Control = append(f.Control, p)
	return strconv.Itoa(len(f.Control))
}

// controlPictures adds the ControlNets' pictures to the request. Values that a flag leaves out are taken from the recipe.
func (o *options) controlPictures(controls []control, f engine.Facts, r *engine.Request) error {
	for i, c := range controls {
		if f.ControlNets == 0 {
			return wrong("%s has no ControlNet: leave --control out", f.Name)
		}
		k := engine.Control{Scale: 1}
		if o.used != nil && i < len(o.used.Controls) {
			k = fromControl(o.used.Controls[i], f)
		}
		if c.net != "" {
			if k.Net = controlNumber(f, c.net); k.Net < 0 {
				return wrong("--control %q: %q is none of %s; write NET:FILE:WEIGHT, for example %s:edges.png:0.8", c.text, c.net, strings.Join(f.ControlNames, ", "), f.ControlNames[0])
			}
		}
		for n, to := range []*float32{&k.Scale, &k.From, &k.Until} {
			if n < len(c.numbers) {
				*to = c.numbers[n]
			}
		}
		if k.From < 0 || k.Until < 0 || k.Until > 1 || k.Until > 0 && k.From >= k.Until {
			return wrong("--control %q: it begins and ends at shares of the steps from 0 to 1, for example NET:FILE:0.8,0,0.6", c.text)
		}
		if len(c.numbers) > 0 && k.Scale == 0 { // off, as in the window
			continue
		}
		var err error
		if k.Picture, err = loadPicture("--control", c.file); err != nil {
			return err
		}
		r.Control = append(r.Control, k)
	}
	return nil
}

func fromControl(c recipe.Control, f engine.Facts) engine.Control {
	return c.Request(max(controlNumber(f, c.Net), 0))
}

// controlNumber finds a ControlNet by its folder's name or its number from 1; -1 for none.
func controlNumber(f engine.Facts, name string) int {
	for i, n := range f.ControlNames {
		if strings.EqualFold(n, name) {
			return i
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= f.ControlNets {
		return n - 1
	}
	return -1
}
