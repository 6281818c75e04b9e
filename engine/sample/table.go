package sample

import (
	"slices"
	"strings"

	"nirvana/engine/schedule"
)

// Info describes one sampler of the menus.
type Info struct {
	// Name is AUTOMATIC1111's, where it has one; Class is the function of k-diffusion or the class of diffusers that
	// it implements.
	Name, Class, Paper string
	// Evaluations is how many times a step evaluates the network.
	Evaluations int
	Stochastic  bool
}

// entry is one sampler: everything about it besides its own file. A new sampler is a file and a line in the table.
type entry struct {
	Info // without a Name it is a class that model folders may name, and not in the menus
	make func(schedule.Config, Options) (Sampler, error)
	traits
	automatic string // the schedule that "Automatic" stands for; "": the plain one
	aliases   string // further names, in plainName's form, separated by spaces
	flow, edm string // the class in its place for models that predict a flow, or are preconditioned as EDM's; "": none
	settings  []setting
}

// traits are the properties of a sampler that other code needs.
type traits struct {
	brownian    bool // its noise is a Brownian motion over the noise levels (SDE noise), not drawn in order
	spareLevel  bool // AUTOMATIC1111 chooses one level more and leaves out the last above 0, to avoid a tiny last step
	byTimesteps bool // it uses timesteps: noise levels cannot be chosen
	timesteps   bool // it takes the run's own timesteps, as its set_timesteps does in diffusers
	sigmas      bool // it takes the run's own noise levels
}

const (
	song     = "Song et al., Denoising Diffusion Implicit Models, 2020"
	ho       = "Ho et al., Denoising Diffusion Probabilistic Models, 2020"
	karras   = "Karras et al., Elucidating the Design Space of Diffusion-Based Generative Models, 2022"
	luFirst  = "Lu et al., DPM-Solver, 2022"
	luSecond = "Lu et al., DPM-Solver++, 2022"
	crowson  = "Crowson, k-diffusion, 2022"
	liu      = "Liu et al., Pseudo Numerical Methods for Diffusion Models on Manifolds, 2022"
	zhang    = "Zhang & Chen, Fast Sampling of Diffusion Models with Exponential Integrator, 2022"
)

var (
	onTimesteps = traits{byTimesteps: true}
	ownTimes    = traits{timesteps: true}
	eitherOwn   = traits{timesteps: true, sigmas: true}
	sdeNoise    = traits{brownian: true}
)

// table has every sampler: those of the menus in their order, then the other classes.
var table = []entry{
	{Info: Info{"Euler", "sample_euler", karras, 1, false}, make: newKEuler, aliases: "keuler", flow: "FlowMatchEulerDiscreteScheduler", edm: "EDMEulerScheduler"},
	{Info: Info{"Euler a", "sample_euler_ancestral", crowson, 1, true}, make: newKEulerAncestral, aliases: "eulerancestral keulera keulerancestral"},
	{Info: Info{"Heun", "sample_heun", karras, 2, false}, make: newKHeun, aliases: "kheun", flow: "FlowMatchHeunDiscreteScheduler"},
	{Info: Info{"LMS", "sample_lms", crowson, 1, false}, make: newKLMS, aliases: "klms"},
	{Info: Info{"DPM2", "sample_dpm_2", karras, 2, false}, make: newKDPM2nd, traits: traits{spareLevel: true}, automatic: "Karras", aliases: "kdpm2"},
	{Info: Info{"DPM2 a", "sample_dpm_2_ancestral", karras, 2, true}, make: newKDPM2ndAncestral, traits: traits{spareLevel: true}, automatic: "Karras", aliases: "dpm2ancestral kdpm2a kdpm2ancestral"},
	{Info: Info{"DPM++ 2M", "sample_dpmpp_2m", luSecond, 1, false}, make: newDPMPP2M, automatic: "Karras", aliases: "kdpmpp2m", flow: "DPMSolverMultistepScheduler", edm: "EDMDPMSolverMultistepScheduler"},
	{Info: Info{"DPM++ SDE", "sample_dpmpp_sde", luSecond, 2, true}, make: newDPMPPSDE, traits: sdeNoise, automatic: "Karras", aliases: "kdpmppsde"},
	{Info: Info{"DPM++ 2M SDE", "sample_dpmpp_2m_sde", luSecond, 1, true}, make: newDPMPP2MSDE, traits: sdeNoise, automatic: "Exponential", aliases: "kdpmpp2msde"},
	{Info: Info{"DPM++ 2M SDE Heun", "sample_dpmpp_2m_sde_heun", luSecond, 1, true}, make: newDPMPP2MSDEHeun, traits: sdeNoise, automatic: "Exponential", aliases: "kdpmpp2msdeheun"},
	{Info: Info{"DPM++ 2S a", "sample_dpmpp_2s_ancestral", luSecond, 2, true}, make: newDPMPP2S, automatic: "Karras", aliases: "dpmpp2sancestral kdpmpp2sa kdpmpp2sancestral"},
	{Info: Info{"DPM++ 3M SDE", "sample_dpmpp_3m_sde", luSecond, 1, true}, make: newDPMPP3MSDE, traits: traits{brownian: true, spareLevel: true}, automatic: "Exponential", aliases: "kdpmpp3msde"},
	{Info: Info{"DPM++ 2S", "DPMSolverSinglestepScheduler", luSecond, 1, false}, make: newSinglestep, traits: ownTimes, automatic: "Karras", aliases: "dpmsolversinglestep", flow: "DPMSolverSinglestepScheduler"},
	{Info: Info{"DPM fast", "sample_dpm_fast", luFirst, 1, true}, make: newDPMFast, aliases: "kdpmfast"},
	{Info: Info{"DPM adaptive", "sample_dpm_adaptive", luFirst, 3, true}, make: newDPMAdaptive, aliases: "kdpmad kdpmadaptive dpmad"},
	{Info: Info{"DDIM", "DDIMScheduler", song, 1, false}, make: newDDIM, traits: onTimesteps},
	{Info: Info{"DDPM", "DDPMScheduler", ho, 1, true}, make: newDDPM, traits: traits{byTimesteps: true, timesteps: true}},
	{Info: Info{"PLMS", "PNDMScheduler", liu, 1, false}, make: newPNDM, traits: onTimesteps, aliases: "pndm", settings: []setting{{"skip_prk_steps", true}}},
	{Info: Info{"UniPC", "UniPCMultistepScheduler", "Zhao et al., UniPC, 2023", 1, false}, make: newUniPC, traits: traits{sigmas: true}, aliases: "unipcmultistep unipcbh2", flow: "UniPCMultistepScheduler"},
	{Info: Info{"DEIS", "DEISMultistepScheduler", zhang, 1, false}, make: newDEIS, aliases: "deismultistep"},
	{Info: Info{"SA-Solver", "SASolverScheduler", "Xue et al., SA-Solver, 2023", 1, true}, make: newSASolver},
	{Info: Info{"LCM", "LCMScheduler", "Luo et al., Latent Consistency Models, 2023", 1, true}, make: newLCM, traits: traits{byTimesteps: true, timesteps: true}},
	{Info: Info{"TCD", "TCDScheduler", "Zheng et al., Trajectory Consistency Distillation, 2024", 1, true}, make: newTCD, traits: traits{byTimesteps: true, timesteps: true}},
	{Info: Info{"Restart", "sample_restart", "Xu et al., Restart Sampling for Improving Generative Processes, 2023", 2, true}, make: newRestart, automatic: "Karras"},
	{Info: Info{"ER SDE", "sample_er_sde", "Cui et al., Elucidating the Solution Space of Extended Reverse-Time SDE, 2023", 1, true}, make: newERSDE},

	{Info: Info{Class: "DDIMParallelScheduler"}, make: newDDIM, traits: onTimesteps},
	{Info: Info{Class: "DDPMParallelScheduler"}, make: newDDPM, traits: traits{byTimesteps: true, timesteps: true}},
	{Info: Info{Class: "DDIMInverseScheduler"}, make: newDDIMInverse, traits: onTimesteps},
	{Info: Info{Class: "EulerDiscreteScheduler"}, make: newEuler, traits: eitherOwn},
	{Info: Info{Class: "EulerAncestralDiscreteScheduler"}, make: newEulerAncestral, traits: onTimesteps},
	{Info: Info{Class: "HeunDiscreteScheduler"}, make: newHeun, traits: ownTimes},
	{Info: Info{Class: "LMSDiscreteScheduler"}, make: newLMS},
	{Info: Info{Class: "KDPM2DiscreteScheduler"}, make: newKDPM2},
	{Info: Info{Class: "KDPM2AncestralDiscreteScheduler"}, make: newKDPM2Ancestral},
	{Info: Info{Class: "DPMSolverMultistepScheduler"}, make: newDPMMultistep, traits: ownTimes},
	{Info: Info{Class: "DPMSolverMultistepInverseScheduler"}, make: newDPMInverse},
	{Info: Info{Class: "DPMSolverSDEScheduler"}, make: newDPMSDE},
	{Info: Info{Class: "IPNDMScheduler"}, make: newIPNDM, traits: onTimesteps},
	{Info: Info{Class: "CMStochasticIterativeScheduler"}, make: newConsistency, traits: ownTimes},
	{Info: Info{Class: "UnCLIPScheduler"}, make: newUnCLIP},
	{Info: Info{Class: "ScoreSdeVeScheduler"}, make: newScoreSDE},
	{Info: Info{Class: "EDMEulerScheduler"}, make: newEDMEuler},
	{Info: Info{Class: "EDMDPMSolverMultistepScheduler"}, make: newEDMDPM},
	{Info: Info{Class: "FlowMatchEulerDiscreteScheduler"}, make: newFlow, traits: eitherOwn},
	{Info: Info{Class: "FlowMatchHeunDiscreteScheduler"}, make: newFlowHeun, traits: onTimesteps},
}

// ofClass is a class's entry; nil for unknown ones.
func ofClass(class string) *entry {
	if i := slices.IndexFunc(table, func(e entry) bool { return e.Class == class }); i >= 0 {
		return &table[i]
	}
	return nil
}

// named reports whether a plain name (plainName) means the sampler.
func (e *entry) named(plain string) bool {
	if e.Name == "" {
		return false
	}
	plain = strings.TrimPrefix(plain, "sample")
	return plain == plainName(e.Name) || plain == plainName(strings.TrimPrefix(e.Class, schedule.KDiffusion)) || slices.Contains(strings.Fields(e.aliases), plain)
}

// menu are the samplers of the menus.
func menu() (all []*entry) {
	for i := range table {
		if table[i].Name != "" {
			all = append(all, &table[i])
		}
	}
	return all
}

// new makes the sampler for a configuration.
func (e *entry) new(cfg schedule.Config, o Options) (Sampler, error) {
	o.traits = e.traits
	return e.make(cfg, o)
}
