package fault

import (
	"strings"
	"testing"
)

// Names of parts are said in the artist's language, with their numbers; names of files are left as they are.
func TestParts(t *testing.T) {
	say := strings.ToUpper
	for p, want := range map[Part]string{CLIP: "THE TEXT ENCODER CLIP", PartNamed("text_encoder_2"): "TEXT ENCODER (2)", PartNamed("vae_decoder"): "VAE DECODER", PartNamed("my model"): "my model"} {
		if got := p.In(say); got != want {
			t.Errorf("%s is said %q", p, got)
		}
	}
	german := func(s string) string {
		return map[string]string{"the text encoder Qwen3": "Textencoder Qwen3", "the VAE": "VAE", OfWidth: "%s der Breite %s", Widened: "%s rechnet in float32."}[s]
	}
	if got := PartsIn(Joined([]Part{"the text encoder Qwen3 of width 2560", VAE}), german); got != "Textencoder Qwen3 der Breite 2560, VAE" {
		t.Errorf("it says %q", got)
	}
	if got := (Notice{Format: Widened, Args: []any{VAE}}).In(german); got != "VAE rechnet in float32." {
		t.Errorf("the notice says %q", got)
	}
}
