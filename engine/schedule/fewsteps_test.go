package schedule

import "testing"

// The schedulers of networks distilled to few steps, as their published folders have them, and those that look alike.
func TestFewSteps(t *testing.T) {
	for scheduler, want := range map[string]bool{
		`{"_class_name":"LCMScheduler"}`: true,
		`{"_class_name":"TCDScheduler"}`: true,
		`{"_class_name":"EulerAncestralDiscreteScheduler","prediction_type":"epsilon","timestep_spacing":"trailing"}`:                            true, // SDXL Turbo
		`{"_class_name":"EulerDiscreteScheduler","prediction_type":"epsilon","timestep_spacing":"trailing"}`:                                     true, // SD Turbo, SDXL Lightning
		`{"_class_name":"EulerDiscreteScheduler","prediction_type":"epsilon","timestep_spacing":"leading"}`:                                      false,
		`{"_class_name":"EulerDiscreteScheduler","prediction_type":"v_prediction","timestep_spacing":"trailing"}`:                                false,
		`{"_class_name":"EulerDiscreteScheduler","prediction_type":"epsilon","timestep_spacing":"trailing","rescale_betas_zero_snr":true}`:       false,
		`{"_class_name":"DDIMScheduler","prediction_type":"v_prediction","timestep_spacing":"trailing","rescale_betas_zero_snr":true}`:           false,
		`{"_class_name":"DPMSolverMultistepScheduler","prediction_type":"epsilon","timestep_spacing":"trailing","algorithm_type":"dpmsolver++"}`: false,
	} {
		c, err := ParseConfig([]byte(scheduler))
		if err != nil {
			t.Fatal(scheduler, err)
		}
		if c.FewSteps() != want {
			t.Errorf("%s: %v", scheduler, !want)
		}
	}
}
