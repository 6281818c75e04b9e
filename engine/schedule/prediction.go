package schedule

// Predicting is the configuration for a network with another prediction type, with or without zero terminal SNR (Lin et al.,
// 2024), which begins where there is no signal left: timestep_spacing trailing, and DDIM in place of PNDM, which cannot.
func (c Config) Predicting(p Prediction, zeroSNR bool) (Config, error) {
	if zeroSNR && c.Class == "PNDMScheduler" {
		c = c.Switch("DDIMScheduler")
	}
	c, err := c.With("prediction_type", p)
	if err == nil {
		c, err = c.With("rescale_betas_zero_snr", zeroSNR)
	}
	if err == nil && zeroSNR {
		c, err = c.With("timestep_spacing", "trailing")
	}
	return c, err
}
