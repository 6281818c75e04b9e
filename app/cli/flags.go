package cli

import (
	"flag"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"nirvana/app/grid"
	"nirvana/app/recipe"
	"nirvana/engine"
)

// options are generate's flags. Parameters of the picture are in the request, over those of a recipe.
type options struct {
	request                            engine.Request
	out, model, scheduler              string
	count, bestOf                      int
	size, interval, curve              string
	timesteps, sigmas                  string
	initFile, mask, expand             string
	depth, class                       string
	traceDir, recipeFile               string
	progress, device                   string
	threads                            int
	plain                              bool
	loras, embeddings, controls        list
	references                         list
	vaes, texts                        list
	upscale                            string
	refine                             float32
	background                         string
	set                                map[string]bool
	expandL, expandT, expandR, expandB int
	used                               *recipe.Recipe // that --recipe names
	lost                               []string       // of it, with the program that wrote it
	writer                             string
	score                              float32 // of the picture that --best-of chose
	kindOptions
	grid, regions list
	plot          grid.Grid    // of --grid
	place         *recipe.Grid // of the picture under way
	changeOptions
	wordOptions
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

func generateFlags(o *options, w io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("generate", flag.ContinueOnError)
	f.SetOutput(w)
	q := &o.request
	f.StringVar(&q.Prompt, "prompt", q.Prompt, "what to draw")
	f.Func("negative", "negative prompt; with SDXL, \"\" differs from no negative prompt", o.readNegative)
	f.StringVar(&o.out, "out", "", "PNG file to write; %d in it is replaced by the picture's number")
	f.StringVar(&o.model, "model", o.model, "model name, folder, or checkpoint FILE.safetensors; default: the model that ships")
	f.Var(&o.vaes, "vae", "FILE.safetensors of a VAE that replaces the model's; can be repeated if encoder and decoder are two files")
	f.StringVar(&o.upscale, "upscale", "", "FILE or FILE:FACTOR, an upscaler like ESRGAN (.safetensors or .onnx), or its name in the folders upscalers, that enlarges the finished picture; default: the upscaler's own factor")
	f.StringVar(&o.background, "remove-background", "", "FILE.onnx of a segmentation model (U2-Net, IS-Net, BiRefNet, RMBG) that makes the background of the finished picture transparent, or plain: removes the border's colour")
	real(f, &o.refine, "refine", "with --upscale: denoising strength of a second pass over the enlarged picture, in overlapping windows, 0 to 1; usually 0.25")
	f.Var(&o.texts, "text-encoder", "FILE.safetensors of a text encoder that the checkpoint lacks, or that replaces its own; can be repeated")
	f.StringVar(&o.scheduler, "scheduler", "", "a diffusers scheduler_config.json instead of the model's own")
	f.StringVar(&q.Sampler, "sampler", q.Sampler, `sampler by its name in AUTOMATIC1111 or diffusers, such as "Euler a"`)
	f.StringVar(&q.Schedule, "schedule", q.Schedule, `noise schedule, such as "Karras"`)
	f.IntVar(&q.Steps, "steps", q.Steps, "denoising steps; default: the model's")
	f.Func("guidance", "guidance scale; 1: off; default: the model's", o.readGuidance)
	real(f, &q.GuidanceRescale, "guidance-rescale", "0 to 1")
	f.Func("draft", "few: use the model's denoiser that was distilled to few steps, with its own steps, sampler and guidance; a number (deprecated): like --deepcache", o.readDraft)
	f.Func("deepcache", "N: compute the network's inner layers only at every Nth step (DeepCache); faster, less accurate; 0 or 1: at every step", o.readDeepCache)
	f.StringVar(&o.interval, "guidance-interval", "", "FROM,UNTIL: the part of the steps in which guidance acts, as shares from 0 to 1")
	f.StringVar(&o.curve, "guidance-curve", "", "guidance scales from the first step to the last, such as 9,7,4, instead of --guidance")
	f.BoolVar(&q.CFGPlusPlus, "cfg-pp", q.CFGPlusPlus, "CFG++: --guidance is then from 0 to 1, default 0.6; with DDIM, Euler and Euler a")
	real(f, &q.PerpNeg, "perp-neg", "Perp-Neg: weight of the part of --negative that is perpendicular to the prompt; usually 1")
	real(f, &q.ImageGuidance, "image-guidance", "InstructPix2Pix: image guidance scale")
	f.Func("eta-ancestral", "share of the noise that ancestral and SDE samplers add; default 1", o.readAncestral)
	real(f, &q.Churn.Amount, "s-churn", "S_churn: noise that Euler, Heun and DPM2 add, over all steps")
	real(f, &q.Churn.From, "s-tmin", "S_tmin: lowest noise level at which --s-churn acts")
	real(f, &q.Churn.Until, "s-tmax", "S_tmax: highest noise level at which --s-churn acts; 0: no limit")
	real(f, &q.Churn.Noise, "s-noise", "S_noise: standard deviation of the noise of --s-churn and of ancestral and SDE samplers")
	f.StringVar(&o.timesteps, "timesteps", "", "explicit timesteps, decreasing, separated by commas, instead of --steps")
	f.StringVar(&o.sigmas, "sigmas", "", "explicit noise levels, decreasing, separated by commas, instead of --steps")
	f.Func("seed", "0 to 18446744073709551615; default, and -1: a random seed", o.readSeed)
	f.StringVar(&q.RNG, "rng", q.RNG, "random number generator: torch, philox or numpy")
	f.IntVar(&o.count, "count", 1, "number of pictures, with seeds from --seed upwards")
	f.IntVar(&o.bestOf, "best-of", 1, "number of seeds to try, from --seed upwards; the model's verifier stops the weaker ones and keeps the best picture")
	f.BoolVar(&q.CutOut, "cut-out", q.CutOut, "transparent background, with models whose decoder outputs opacity; default for text to image if the prompt names no background")
	f.BoolFunc("no-cut-out", "an opaque picture", func(string) error { q.CutOut = false; return nil })
	f.Var(&o.regions, "region", "MASK:WEIGHT:TEXT, a prompt for the part of the picture where MASK, scaled to its size, is white; weights decide where regions overlap, usually 1; can be repeated up to 8 times")
	f.Var(&o.grid, "grid", "PARAMETER=VALUE,VALUE: a picture for each value; can be given up to three times; --out has all pictures with labels; numbers can be ranges, 10-30 (+10) or 1-9 [3], replace=cat,dog replaces a word of the prompt, and model=NAME,NAME has each model make its pictures. The single pictures are in a folder next to --out; run again, the grid continues")
	f.StringVar(&o.size, "size", "", "WxH in px")
	f.StringVar(&o.initFile, "init", "", "picture to start from")
	real(f, &q.Strength, "strength", "denoising strength, how much of --init changes, 0 to 1; default: the mode's")
	f.StringVar(&o.mask, "mask", "", "mask: a picture whose white is repainted; with --from-step from there on, and the rest is kept as the recipe's run came to it")
	f.BoolVar(&q.Soft, "soft-mask", q.Soft, "grey parts of the mask are repainted only in later steps")
	f.StringVar(&q.Content, "masked-content", q.Content, "what the masked part begins from: original, fill, noise or nothing")
	f.StringVar(&o.expand, "expand", o.expand, "LEFT,TOP,RIGHT,BOTTOM: px to extend --init by")
	f.StringVar(&o.depth, "depth", "", "depth map of a depth model")
	f.StringVar(&o.class, "class", o.class, "class of a class-conditional model, by name or number")
	f.BoolVar(&o.plain, "plain", false, "use the prompt literally, without syntax such as (weights:1.2)")
	f.Var(&o.loras, "lora", "FILE:WEIGHT; can be repeated")
	f.Var(&o.embeddings, "embedding", "FILE of a textual inversion; can be repeated")
	f.Var(&o.controls, "control", "NET:FILE:WEIGHT,FROM,UNTIL: the input picture FILE of a ControlNet; NET is its name or number in the model, a folder, or a FILE.safetensors; FROM and UNTIL are shares of the steps; can be repeated")
	f.Var(&o.references, "reference", "FILE of a picture that the model sees beside --init (FLUX.2 klein, FLUX Kontext, Qwen-Image-Edit); can be repeated, in their order")
	sharedFlags(f, &q.Shared)
	o.kindOptions.flags(f, q)
	o.changeOptions.flags(f)
	o.wordOptions.flags(f)
	f.StringVar(&o.traceDir, "trace", "", "folder for x_t after every step")
	f.StringVar(&o.recipeFile, "recipe", "", "recipe, or a picture that contains one; other flags override it; with the same parameters, the run reports whether the picture is identical")
	f.StringVar(&o.progress, "progress", "", "json: one object per line on standard output")
	f.StringVar(&o.device, "device", "", "auto (the fastest of this machine, measured once), cpu, cuda, webgpu, ...")
	f.IntVar(&o.threads, "threads", 0, "processor threads; 0: one per core")
	return f
}

// unset are the options before any flag is set: values that are left to the model are zero, see engine.Request.
func unset() *options {
	return &options{set: map[string]bool{}, request: engine.Request{NoNegative: true, Syntax: true, Seed: drawn(), RNG: "torch", Churn: engine.Churn{Noise: 1}}}
}

// parse reads and checks the flags; its errors are of wrong usage. Flags override a recipe's values.
func parse(args []string, w io.Writer) (*options, error) {
	given := unset()
	f := generateFlags(given, io.Discard)
	if err := f.Parse(args); err != nil {
		if err == flag.ErrHelp {
			generateFlags(unset(), w).PrintDefaults()
			return nil, err
		}
		return nil, wrong("%v; nirvana generate --help lists the flags", err)
	}
	if f.NArg() > 0 {
		return nil, wrong("%q is not a flag: put the prompt in quotes after --prompt", f.Arg(0))
	}
	f.Visit(func(g *flag.Flag) { given.set[g.Name] = true })
	if given.recipeFile == "" || given.check() != nil { // the flags alone are wrong
		return given, given.check()
	}
	o, err := given.underRecipe()
	if err != nil {
		return nil, err
	}
	of := o.request
	if err := generateFlags(o, io.Discard).Parse(args); err != nil {
		return nil, wrong("%v", err)
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	return o, o.branch(of)
}

func (o *options) check() error {
	if o.out == "" {
		return wrong("--out FILE.png is missing")
	}
	if !strings.EqualFold(filepath.Ext(o.out), ".png") {
		return wrong("--out %s is not a PNG file: let the name end in .png", o.out)
	}
	if o.set["steps"] && (o.request.Steps < 1 || o.request.Steps > 1000) {
		return wrong("--steps %d is not possible: use 1 to 1000", o.request.Steps)
	}
	if o.count < 1 || o.count > 10000 {
		return wrong("--count %d is not possible: use 1 to 10000", o.count)
	}
	if o.count > 1 && !number.MatchString(o.out) {
		return wrong("--count %d needs a %%d in --out, for example picture-%%d.png", o.count)
	}
	if o.bestOf < 1 || o.bestOf > engine.MaxSearch {
		return wrong("--best-of %d is not possible: use 1 to %d", o.bestOf, engine.MaxSearch)
	}
	if o.set["cut-out"] && o.set["no-cut-out"] {
		return wrong("--cut-out and --no-cut-out ask for the opposite: leave one out")
	}
	if o.bestOf > 1 && o.traceDir != "" {
		return wrong("--trace follows one run, not the %d of --best-of: search first, then trace the seed that it chose", o.bestOf)
	}
	if o.bestOf > 1 && o.refiner != "" {
		return wrong("--best-of scores what one model draws: leave --refiner out")
	}
	if v := o.request.Strength; o.set["strength"] && !(v > 0 && v <= 1) {
		return wrong("--strength %g is outside 0 to 1", v)
	}
	if o.set["strength"] && o.initFile == "" && !o.set["recipe"] {
		return wrong("--strength needs a picture: give --init FILE")
	}
	if o.mask != "" && o.initFile == "" && !o.set["from-step"] {
		return wrong("--mask needs a picture: give --init FILE")
	}
	if o.expand != "" && o.initFile == "" {
		return wrong("--expand needs a picture: give --init FILE")
	}
	for _, own := range []string{"steps", "sampler", "schedule", "scheduler", "guidance", "guidance-rescale", "guidance-interval", "guidance-curve", "cfg-pp", "perp-neg", "timesteps", "sigmas", "eta"} {
		if o.set["draft"] && o.request.Draft && o.set[own] {
			return wrong("--draft few decides --%s itself: leave that out", own)
		}
	}
	if o.progress != "" && o.progress != "json" {
		return wrong("--progress %q is unknown: use json", o.progress)
	}
	if err := engine.KnownNames(o.request.Sampler, o.request.Schedule); err != nil {
		return wrong("%v", err)
	}
	if _, err := engine.ParseTiling(o.request.Tiling); err != nil {
		return wrong("--tiling %q is unknown: use x, y or both", o.request.Tiling)
	}
	if _, err := engine.ParseRegionMode(o.request.RegionMode); err != nil {
		return wrong("--region-mode %q is unknown: use %s or %s", o.request.RegionMode, engine.RegionAttention, engine.RegionPrediction)
	}
	if _, err := engine.ParsePrediction(o.request.Prediction); err != nil {
		return wrong("--prediction %q is unknown: use %s", o.request.Prediction, strings.Join(engine.Predictions, ", "))
	}
	switch o.request.Content {
	case "", "original", "fill", "noise", "nothing":
	default:
		return wrong("--masked-content %q is unknown: use original, fill, noise or nothing", o.request.Content)
	}
	for _, check := range []func() error{o.readGrid, o.names, o.kinds, o.numbers, o.ownSteps, o.readChanges} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// names refuses unknown samplers and other names before a model is loaded.
func (o *options) names() error {
	if g := o.request.Guidance; o.set["guidance"] && !(g >= 0 && g <= math.MaxFloat32) {
		return wrong("--guidance %g is not possible: use 1 (off) or more", g)
	}
	switch strings.ToLower(o.device) {
	case "", "auto", "cpu", "cuda", "tensorrt", "directml", "coreml", "openvino", "webgpu":
	default:
		return wrong("--device %q is unknown: use auto, cpu, cuda, tensorrt, directml, coreml, openvino or webgpu", o.device)
	}
	switch o.request.RNG {
	case "torch", "philox", "numpy":
	default:
		return wrong("--rng %q is unknown: use torch, philox or numpy", o.request.RNG)
	}
	return nil
}

// numbers reads --size and --expand.
func (o *options) numbers() error {
	if o.size != "" {
		w, h, ok := strings.Cut(strings.ToLower(o.size), "x")
		var e1, e2 error
		q := &o.request
		q.Width, e1 = strconv.Atoi(w)
		q.Height, e2 = strconv.Atoi(h)
		if !ok || e1 != nil || e2 != nil || q.Width < 1 || q.Height < 1 {
			return wrong("--size %q is not WxH, for example 256x256", o.size)
		}
	}
	if o.expand != "" && o.set["expand"] {
		var n int
		n, err := fmt.Sscanf(o.expand, "%d,%d,%d,%d", &o.expandL, &o.expandT, &o.expandR, &o.expandB)
		if err != nil || n != 4 || min(o.expandL, o.expandT, o.expandR, o.expandB) < 0 || o.expandL+o.expandT+o.expandR+o.expandB == 0 {
			return wrong("--expand %q is not L,T,R,B in px, for example 0,0,64,0", o.expand)
		}
	}
	return nil
}

// number is the placeholder of the picture's number: %d, %3d or %03d.
var number = regexp.MustCompile(`%0?[0-9]?d`)

// fileName puts the number of a picture, from 1, into --out.
func (o *options) fileName(i int) string {
	return number.ReplaceAllStringFunc(o.out, func(verb string) string { return fmt.Sprintf(verb, i+1) })
}
