package ui

import "testing"

// A call is written once, with its weight and words; taken out, the prompt is what it was.
func TestLoRACalls(t *testing.T) {
	for _, c := range []struct {
		prompt string
		weight float64
		words  []string
		want   string
	}{
		{"a fox", 0.7, nil, "a fox <lora:ink (v1.0):0.7>"},
		{"", 1, []string{"ink wash"}, "<lora:ink (v1.0):1>, ink wash"},
		{"a fox in Ink Wash", 1, []string{"ink wash", "fog"}, "a fox in Ink Wash <lora:ink (v1.0):1>, fog"},
		{"a <lora:INK (v1.0):0.2:0.5> fox <lora:ink (v1.0)>", -0.5, nil, "a <lora:ink (v1.0):-0.5> fox"},
		{"a <lora:ink:1> fox", 1, nil, "a <lora:ink:1> fox <lora:ink (v1.0):1>"},
	} {
		if got := withLoRA(c.prompt, "ink (v1.0)", c.weight, c.words); got != c.want {
			t.Errorf("%q: %q, not %q", c.prompt, got, c.want)
		}
	}
	if got := withLoRA("", "styles/ink wash", 1, []string{"ink wash"}); got != "<lora:styles/ink wash:1>, ink wash" {
		t.Errorf("a word that the LoRA's name has is left out: %q", got)
	}
	with := withLoRA("a fox", "ink", 0.7, []string{"ink wash", "fog"})
	if w, ok := loraWeight(with, "Ink"); !ok || w != 0.7 {
		t.Errorf("the weight of %q is %g, %v", with, w, ok)
	}
	if w, ok := loraWeight("<lora:ink>", "ink"); !ok || w != 1 {
		t.Errorf("%g, %v", w, ok)
	}
	if _, ok := loraWeight(with, "in"); ok {
		t.Error("a part of a name is taken for it")
	}
	if got := withoutLoRA(with, "ink", []string{"ink wash", "fog"}); got != "a fox" {
		t.Errorf("%q is left", got)
	}
}
