package family

// sd is Stable Diffusion 1 and 2 and derived models (Rombach et al., 2022): a U-Net with one CLIP.
type sd struct {
	standard
	control bool // the folder has ControlNets
}

func (f sd) Traits() Traits {
	t := f.standard.Traits()
	t.FinalNorm, t.Unbounded = true, true
	switch {
	case f.network.TimestepCond > 0:
		t.Name = "latent consistency model"
	case f.control:
		t.Name = "latent diffusion with ControlNet"
	}
	return t
}

// pixel works in pixel space (Ho et al., 2020).
type pixel struct{ standard }

func (f pixel) Traits() Traits {
	t := f.standard.Traits()
	t.FinalNorm, t.Name = true, "pixel space"
	if f.config.Classes != nil {
		t.Name = "pixel space, class-conditional"
	}
	return t
}
