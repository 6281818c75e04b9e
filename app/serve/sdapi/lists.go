package sdapi

import (
	"cmp"
	"net/http"
	"path/filepath"
	"strings"

	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
	"nirvana/engine"
	"nirvana/engine/memory"
	"nirvana/models"
)

func short(f models.Folder) string { return f.Identity[:min(10, len(f.Identity))] }

// titleOf is a model's title in sd-models: its name and the beginning of its hash.
func titleOf(f models.Folder) string { return f.Name + " [" + short(f) + "]" }

func (a *API) models(*http.Request) (any, error) {
	out := []map[string]any{}
	for _, f := range a.queue.Engine().Catalogue.List() {
		out = append(out, map[string]any{"title": titleOf(f), "model_name": f.Name, "hash": short(f), "sha256": f.Identity, "filename": f.Dir, "config": nil})
	}
	return out, nil
}

func samplers(*http.Request) (any, error) {
	out := []map[string]any{}
	for _, s := range engine.Samplers() {
		alias := strings.NewReplacer("++", "pp", " ", "_").Replace(strings.ToLower(s.Name))
		out = append(out, map[string]any{"name": s.Name, "aliases": []string{alias}, "options": map[string]string{}})
	}
	return out, nil
}

// key is a schedule's name in AUTOMATIC1111's API.
func key(label string) string { return strings.ReplaceAll(strings.ToLower(label), " ", "_") }

// labels maps the schedules' keys and lower-case names to their names.
func labels() map[string]string {
	out := map[string]string{}
	for _, s := range engine.Schedules() {
		out[key(s)], out[strings.ToLower(s)] = s, s
	}
	return out
}

func schedulers(*http.Request) (any, error) {
	entry := func(name, label string) map[string]any {
		return map[string]any{"name": name, "label": label, "aliases": nil, "default_rho": -1, "need_inner_model": false}
	}
	out := []map[string]any{entry("automatic", "Automatic")}
	for _, s := range engine.Schedules() {
		if s != "Automatic" {
			out = append(out, entry(key(s), s))
		}
	}
	return out, nil
}

func (a *API) upscalers(*http.Request) (any, error) {
	const usual = 4 // what AUTOMATIC1111 says of all
	entry := func(name string, path any, scale int) map[string]any {
		return map[string]any{"name": name, "model_name": nil, "model_path": path, "model_url": nil, "scale": cmp.Or(scale, usual)}
	}
	out := []map[string]any{entry("None", nil, 0), entry("Lanczos", nil, 0)}
	for _, u := range a.shelfUpscalers() {
		out = append(out, entry(u.Name, u.Path, u.Scale))
	}
	return out, nil
}

func (a *API) shelfUpscalers() []work.File {
	if list := a.queue.Engine().Upscalers; list != nil {
		return list()
	}
	return nil
}

// upscaler is the file of the upscaler with this name; "" if pixels are resampled.
func (a *API) upscaler(field, name string) (string, error) {
	if !named(name) || name == "Lanczos" || name == "Nearest" {
		return "", nil
	}
	if path := work.Named(a.shelfUpscalers(), name); path != "" {
		return path, nil
	}
	return "", wire.Invalid(field, "could not find upscaler named %s", name)
}

// shelfVAEs are the VAEs that fit a model.
func (a *API) shelfVAEs(f models.Folder) []work.File {
	if list := a.queue.Engine().VAEs; list != nil {
		return list(f)
	}
	return nil
}

// vaes lists them for the model of the options.
func (a *API) vaes(*http.Request) (any, error) {
	out := []map[string]string{}
	if f, err := a.folder(a.current().Checkpoint); err == nil {
		for _, v := range a.shelfVAEs(f) {
			out = append(out, map[string]string{"model_name": filepath.Base(v.Path), "filename": v.Path})
		}
	}
	return out, nil
}

// vae is the file of the VAE with this name that fits a model; "" if the model's own is used.
func (a *API) vae(f models.Folder, name string) (string, error) {
	if !named(name) || strings.EqualFold(name, "Automatic") {
		return "", nil
	}
	if path := work.Named(a.shelfVAEs(f), name); path != "" {
		return path, nil
	}
	return "", wire.Invalid("sd_vae", "%s is none of the VAEs that fit %s: use Automatic, or one of sd-vae", name, f.Name)
}

// standing is vae, but that one which was set for another model is left out where it does not fit.
func (a *API) standing(f models.Folder, name string) (string, error) {
	path, err := a.vae(f, name)
	if err != nil && name == a.current().VAE {
		return "", nil
	}
	return path, err
}

func (a *API) loras(*http.Request) (any, error) {
	out := []map[string]any{}
	f, err := a.folder(a.current().Checkpoint)
	if list := a.queue.Engine().LoRAs; err == nil && list != nil {
		for _, l := range list(f) {
			out = append(out, map[string]any{"name": l.Name, "alias": l.Name, "path": l.Path, "metadata": map[string]any{}})
		}
	}
	return out, nil
}

func (a *API) embeddings(*http.Request) (any, error) {
	loaded := map[string]any{}
	f, err := a.folder(a.current().Checkpoint)
	if list := a.queue.Engine().Embeddings; err == nil && list != nil {
		for _, e := range list(f) {
			loaded[e.Name] = map[string]any{"step": nil, "sd_checkpoint": nil, "sd_checkpoint_name": nil, "shape": 0, "vectors": 0}
		}
	}
	return map[string]any{"loaded": loaded, "skipped": map[string]any{}}, nil
}

func memoryNow(*http.Request) (any, error) {
	total := uint64(models.MachineMemory())
	free := min(uint64(memory.Free()), total)
	return map[string]any{"ram": map[string]uint64{"free": free, "used": total - min(free, total), "total": total}, "cuda": map[string]string{"error": "unavailable"}}, nil
}
