package sdapi

import (
	"net/http"
	"strings"

	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
	"nirvana/models"
)

// options are those of AUTOMATIC1111's settings that have an effect here.
type options struct {
	Checkpoint string   `json:"sd_model_checkpoint"` // a title of sd-models; "": the server's default
	VAE        string   `json:"sd_vae"`              // a name of sd-vae; "Automatic", "None": the model's own
	Skip       wire.Int `json:"CLIP_stop_at_last_layers"`
	Noise      string   `json:"randn_source"` // CPU, GPU or NV
	Format     string   `json:"samples_format"`
	SeedDelta  wire.Int `json:"eta_noise_seed_delta"`
}

func usualOptions() options { return options{VAE: "Automatic", Skip: 1, Noise: "CPU", Format: "png"} }

func (o options) check() error {
	switch {
	case o.Skip < 1 || o.Skip > 12:
		return wire.Invalid("CLIP_stop_at_last_layers", "%d is not possible: use 1 to 12", o.Skip)
	case o.Noise != "CPU" && o.Noise != "GPU" && o.Noise != "NV":
		return wire.Invalid("randn_source", "%q is unknown: use CPU, GPU or NV", o.Noise)
	case o.Format != "png" && o.Format != "jpg" && o.Format != "jpeg":
		return wire.Invalid("samples_format", "%q is not made here: png and jpg are", o.Format)
	case o.SeedDelta != 0:
		return wire.Invalid("eta_noise_seed_delta", "it is not known here: leave it 0")
	}
	return nil
}

// rng is the noise source's name in recipes.
func (o options) rng() string {
	if o.Noise == "CPU" {
		return "torch"
	}
	return "philox"
}

// current returns the present options.
func (a *API) current() options {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.options
}

// folder returns the model with a title, name or hash of sd-models; "" is the default.
func (a *API) folder(title string) (models.Folder, error) {
	name := title
	if name == "" {
		name = a.queue.Engine().UsualModel()
	}
	for _, f := range a.queue.Engine().Catalogue.List() {
		if title != "" && (titleOf(f) == title || f.Name == title || short(f) == title || f.Identity == title) {
			return f, nil
		}
	}
	if i := strings.LastIndex(name, " ["); i > 0 {
		name = name[:i]
	}
	if strings.ContainsAny(title, `/\`) { // clients may not choose paths
		return models.Folder{}, wire.Invalid("sd_model_checkpoint", "%q is none of sd-models", title)
	}
	f, err := a.queue.Engine().Catalogue.Find(name)
	if err != nil {
		return f, wire.Invalid("sd_model_checkpoint", "%q is none of sd-models", title)
	}
	return f, nil
}

func (a *API) getOptions(*http.Request) (any, error) {
	o := a.current()
	out := map[string]any{"CLIP_stop_at_last_layers": o.Skip, "randn_source": o.Noise, "samples_format": o.Format, "eta_noise_seed_delta": 0, "sd_vae": o.VAE,
		"live_previews_enable": true, "show_progress_every_n_steps": 1, "sd_model_checkpoint": nil, "sd_checkpoint_hash": "", "return_grid": false}
	if f, err := a.folder(o.Checkpoint); err == nil {
		out["sd_model_checkpoint"], out["sd_checkpoint_hash"] = titleOf(f), f.Identity
	}
	return out, nil
}

// setOptions applies the options that have an effect; clients send all that they know.
func (a *API) setOptions(r *http.Request) (any, error) {
	o := a.current()
	if err := wire.JSON(r, &o); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	f, err := a.folder(o.Checkpoint)
	if err != nil {
		return nil, err
	}
	if _, err := a.standing(f, o.VAE); err != nil {
		return nil, err
	}
	a.mu.Lock()
	a.options = o
	a.mu.Unlock()
	return nil, nil
}

func (a *API) unload(r *http.Request) (any, error) {
	run, err := a.queue.Add(work.Order{Kind: work.Unload, Origin: origin})
	if err != nil {
		return nil, err
	}
	_, err = run.Wait(r.Context())
	return struct{}{}, err
}
