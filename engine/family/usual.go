package family

import "cmp"

// Usual is what a model is usually run with: as model_index.json says under _usual, an addition of this program, or else
// its family; 0: not known from the files alone.
type Usual struct {
	Steps    int     `json:"num_inference_steps"`
	Guidance float32 `json:"guidance_scale"`
	BestOf   int     `json:"best_of"` // seeds of a search
}

// What families are usually run with, by the models' own cards.
var (
	usualLatent      = Usual{Steps: 25, Guidance: 7.5} // with text
	usualLCM         = Usual{Steps: 25, Guidance: 1}   // latent consistency models with other samplers
	usualFlux        = Usual{Steps: 25, Guidance: 3.5}
	usualSchnell     = Usual{Steps: 4, Guidance: 3.5} // it does not take the guidance
	usualKlein       = Usual{Steps: 4, Guidance: 1}
	usualKleinBase   = Usual{Steps: 50, Guidance: 4}
	usualQwenImage   = Usual{Steps: 50, Guidance: 4}
	usualZImage      = Usual{Steps: 50, Guidance: 4}
	usualZImageTurbo = Usual{Steps: 9, Guidance: 1} // the last step is none
)

const (
	guidanceFill    = 30
	guidanceKontext = 2.5
	fewStepLCM      = 8 // guidance with LCM's own sampler
	fewSteps        = 4 // with the schedulers of networks distilled to few
	// turboShift is the shift of Z-Image-Turbo's scheduler; Z-Image's is 6 (scheduler_config.json of the published
	// repositories).
	turboShift = 3
)

// usually sets the usual steps and guidance.
func (t *Traits) usually(u Usual) { t.Steps, t.Guidance = u.Steps, u.Guidance }

// ReadUsual tells what a model will be run with before it is open, by its own name, model_index.json, the denoiser's
// config.json and scheduler_config.json. Values are 0 where only the open network knows them, or a file cannot be read.
func ReadUsual(title string, index, denoiser, scheduler []byte) Usual {
	a, err := readAbout(title, index, denoiser, scheduler)
	if err != nil {
		return Usual{}
	}
	said, of := a.index.Usual, a.usual()
	return Usual{cmp.Or(said.Steps, of.Steps), cmp.Or(said.Guidance, of.Guidance), said.BestOf}
}

// usual is the family's, for the scheduler; zero where the denoiser's class is not one of a known family.
func (a *about) usual() Usual {
	u, few := a.ofClass(), float32(1)
	if a.net.Condition != nil {
		few = fewStepLCM
	}
	if u != (Usual{}) && a.scheduler.FewSteps() {
		return Usual{Steps: fewSteps, Guidance: few}
	}
	return u
}

func (a *about) ofClass() Usual {
	switch a.net.Class {
	case "FluxTransformer2DModel":
		return a.ofFlux()
	case "Flux2Transformer2DModel":
		if a.index.Distilled != nil && !*a.index.Distilled {
			return usualKleinBase
		}
		return usualKlein
	case "ZImageTransformer2DModel":
		if a.zimageTurbo() {
			return usualZImageTurbo
		}
		return usualZImage
	case "QwenImageTransformer2DModel":
		return usualQwenImage
	case "UNet2DConditionModel":
		if a.net.Condition != nil {
			return usualLCM
		}
		return usualLatent
	case "SD3Transformer2DModel":
		return usualLatent
	}
	return Usual{}
}

// ofFlux is FLUX.1's; zero where the config does not say whether the network takes the guidance.
func (a *about) ofFlux() Usual {
	if a.net.Guided == nil {
		return Usual{}
	}
	u := usualFlux
	if !*a.net.Guided {
		u = usualSchnell
	}
	switch a.flux() {
	case "FLUX.1 Fill":
		u.Guidance = guidanceFill
	case "FLUX.1 Kontext":
		u.Guidance = guidanceKontext
	}
	return u
}

// zimageTurbo reports whether a Z-Image model is Turbo: as it is called, or else by its scheduler.
func (a *about) zimageTurbo() bool { return a.turbo || a.scheduler.Shift == turboShift }
