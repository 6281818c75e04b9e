package sample

import "nirvana/engine/schedule"

// solvers makes the samplers of higher order and of other preconditionings.
func solvers(class string) func(schedule.Config, Options) (Sampler, error) {
	switch class {
	case "DDIMInverseScheduler":
		return newDDIMInverse
	case "DPMSolverMultistepInverseScheduler":
		return newDPMInverse
	case "UnCLIPScheduler":
		return newUnCLIP
	case "ScoreSdeVeScheduler":
		return newScoreSDE
	case "UniPCMultistepScheduler":
		return newUniPC
	case "DEISMultistepScheduler":
		return newDEIS
	case "SASolverScheduler":
		return newSASolver
	case "IPNDMScheduler":
		return newIPNDM
	case "EDMEulerScheduler":
		return newEDMEuler
	case "EDMDPMSolverMultistepScheduler":
		return newEDMDPM
	case "FlowMatchHeunDiscreteScheduler":
		return newFlowHeun
	}
	return kdiffusion(class)
}
