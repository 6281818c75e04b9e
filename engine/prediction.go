package engine

import (
	"fmt"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/schedule"
)

// Prediction is what a denoiser predicts, and whether its schedule ends in noise alone: ZeroSNR (Lin et al., 2024).
type Prediction struct {
	Type    schedule.Prediction // epsilon or v_prediction; "": as the model's scheduler says
	ZeroSNR bool
}

// Predictions are the values of Shared.Prediction but "".
var Predictions = []string{"epsilon", "v", "v-zsnr"}

// ParsePrediction reads Shared.Prediction.
func ParsePrediction(name string) (Prediction, error) {
	switch name {
	case "":
		return Prediction{}, nil
	case "epsilon":
		return Prediction{Type: schedule.Epsilon}, nil
	case "v":
		return Prediction{Type: schedule.V}, nil
	case "v-zsnr":
		return Prediction{Type: schedule.V, ZeroSNR: true}, nil
	}
	return Prediction{}, fmt.Errorf("prediction %q is unknown: use %s", name, strings.Join(Predictions, ", "))
}

// predictionOf is a scheduler's; its name is one of Predictions, or that of diffusers.
func predictionOf(c schedule.Config) string {
	switch {
	case c.IsFlow(), c.Prediction == schedule.Flow:
		return "flow"
	case c.Prediction == schedule.V && c.ZeroSNR:
		return "v-zsnr"
	case c.Prediction == schedule.V:
		return "v"
	}
	return string(c.Prediction)
}

// predicting is a scheduler's configuration with the prediction type of a request.
func (m *Model) predicting(name string, c schedule.Config) (schedule.Config, error) {
	p, err := ParsePrediction(name)
	if err != nil {
		return c, fault.Settings.Mark(err)
	}
	if p.Type == "" {
		return c, nil
	}
	if predictionOf(c) == "flow" {
		return c, fault.Settings.Errorf("%s is trained by flow matching, so its prediction cannot be %q: leave that at automatic", m.facts.Name, name)
	}
	c, err = c.Predicting(p.Type, p.ZeroSNR)
	return c, fault.Settings.Mark(err)
}
