package grid

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"nirvana/engine"
	"nirvana/engine/fault"
)

// replace is the axis that replaces its first value in both prompts by each of its values.
const replace = "replace"

// size sets width and height, as WxH.
const size = "size"

// Model is the axis of models, by name: the caller opens them.
const Model = "model"

// called are fields with another name, that of the command line's option.
var called = map[string]string{"CFGPlusPlus": "cfg-pp", "Content": "masked-content", "Soft": "soft-mask", "DeepCache": "deepcache", "RNG": "rng"}

// ofNone are the fields that are not a parameter of a single picture.
var ofNone = []string{"NoNegative", "Syntax", "Count", "NoGuidance", "Start", "End", "Window", "Early", "KeepLatents"}

type kind struct{ reflect.Kind }

func (k kind) whole() bool { return k.Kind == reflect.Int || k.Kind == reflect.Uint64 }

func (k kind) numeric() bool { return k.whole() || k.Kind == reflect.Float32 }

// fields are the request's plain fields by their names as axes.
var fields = func() map[string]int {
	out := map[string]int{}
	t := reflect.TypeFor[engine.Request]()
	for i := range t.NumField() {
		f := t.Field(i)
		switch f.Type.Kind() {
		case reflect.String, reflect.Int, reflect.Uint64, reflect.Float32, reflect.Bool:
			if f.IsExported() && !slices.Contains(ofNone, f.Name) {
				name, ok := called[f.Name]
				if !ok {
					name = kebab(f.Name)
				}
				out[name] = i
			}
		}
	}
	return out
}()

// kebab converts GuidanceRescale to guidance-rescale.
func kebab(name string) string {
	var b strings.Builder
	for i, c := range name {
		if unicode.IsUpper(c) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// Fields are the names of all parameters that can be an axis.
func Fields() []string {
	out := []string{replace, size, Model}
	for name := range fields {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func kindOf(field string) (kind, error) {
	if field == replace || field == size || field == Model {
		return kind{reflect.String}, nil
	}
	i, ok := fields[field]
	if !ok {
		return kind{}, fault.Settings.Errorf("a grid over %q is not possible: use %s", field, strings.Join(Fields(), ", "))
	}
	return kind{reflect.TypeFor[engine.Request]().Field(i).Type.Kind()}, nil
}

// check reports whether a value is valid for its axis, as far as that is known before a run.
func check(a Axis, value string) error {
	if a.Field == replace {
		if a.Values[0] == "" {
			return fault.Settings.Errorf("the first of replace's values is what it looks for in the prompt: it is empty")
		}
		return nil
	}
	if a.Field == Model && value == "" {
		return fault.Settings.Errorf("a value of model is empty: give the names of models")
	}
	var q engine.Request
	if err := set(&q, a, value); err != nil {
		return err
	}
	if err := engine.KnownNames(q.Sampler, q.Schedule); err != nil {
		return fault.Settings.Mark(err)
	}
	for _, p := range q.Shared.Each() {
		if err := p.Check(); err != nil {
			return fault.Settings.Mark(err)
		}
	}
	return nil
}

// set sets a request's parameter to a value of an axis.
func set(q *engine.Request, a Axis, value string) error {
	switch a.Field {
	case replace:
		return substitute(q, a.Values[0], value)
	case Model: // not part of the request
		return nil
	case size:
		w, h, _ := strings.Cut(strings.ToLower(value), "x")
		var wrong error
		q.Width, wrong = strconv.Atoi(strings.TrimSpace(w))
		height, err := strconv.Atoi(strings.TrimSpace(h))
		if q.Height = height; wrong != nil || err != nil || q.Width < 1 || q.Height < 1 {
			return fault.Settings.Errorf("size=%s is not WxH, for example 256x256", value)
		}
		return nil
	}
	i := fields[a.Field]
	if err := put(reflect.ValueOf(q).Elem().Field(i), value); err != nil {
		return fault.Settings.Errorf("%s=%s is not possible: %w", a.Field, value, err)
	}
	switch a.Field {
	case "guidance":
		q.NoGuidance, q.GuidanceCurve = q.Guidance == 0, nil
	case "negative":
		q.NoNegative = false
	case "steps":
		q.Timesteps, q.Sigmas = nil, nil
	case "sampler", "schedule":
		q.Scheduler = nil
	case "variation-seed":
		if q.Variation == 0 {
			q.Variation = 1
		}
	}
	return nil
}

var (
	errNumber = errors.New("it is not a number")
	errWhole  = errors.New("it is not a whole number of 0 or more")
	errSwitch = errors.New("use true or false")
)

func put(v reflect.Value, text string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		on, err := strconv.ParseBool(strings.NewReplacer("on", "true", "off", "false").Replace(strings.ToLower(text)))
		if err != nil {
			return errSwitch
		}
		v.SetBool(on)
	case reflect.Float32:
		n, err := strconv.ParseFloat(text, 32)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return errNumber
		}
		v.SetFloat(n)
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 0 {
			return errWhole
		}
		v.SetInt(n)
	case reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return errWhole
		}
		v.SetUint(n)
	}
	return nil
}

// substitute replaces a text in both prompts.
func substitute(q *engine.Request, old, with string) error {
	there := strings.Contains(q.Prompt, old) || strings.Contains(q.Negative, old)
	q.Regions = slices.Clone(q.Regions)
	for i := range q.Regions {
		there = there || strings.Contains(q.Regions[i].Prompt, old)
		q.Regions[i].Prompt = strings.ReplaceAll(q.Regions[i].Prompt, old, with)
	}
	if !there {
		return fault.Settings.Errorf("%q, the first of replace's values, is not in the prompt", old)
	}
	q.Prompt, q.Negative = strings.ReplaceAll(q.Prompt, old, with), strings.ReplaceAll(q.Negative, old, with)
	return nil
}
