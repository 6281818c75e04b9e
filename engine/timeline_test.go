package engine

import (
	"context"
	"reflect"
	"slices"
	"testing"
)

// wordNet is a latent-less text model over the small CLIP tokenizer: the encoder gives every token its id, and
// the network notes what it is told.
func wordNet(t *testing.T, encoders int) (*Model, *[][]float32) {
	t.Helper()
	told := &[][]float32{}
	var texts []TextPart
	for i := range encoders {
		g := &fakeGraph{in: []Port{{Name: "input_ids", Type: "int64", Shape: []int{-1, -1}}},
			out: []Port{{Name: "last_hidden_state", Type: "float32", Shape: []int{-1, -1, 1}}, {Name: "hidden_states.0", Type: "float32", Shape: nil}, {Name: "hidden_states.1", Type: "float32", Shape: nil}, {Name: "text_embeds", Type: "float32", Shape: nil}}}
		g.run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
			ids := in["input_ids"]
			states := Tensor{Shape: append(slices.Clone(ids.Shape), 1), Data: ids.Data}
			return []Tensor{states, states, states, {Shape: []int{1, 1}, Data: []float32{float32(i)}}}, nil
		}
		texts = append(texts, TextPart{Part: Part{Graph: g, Name: []string{"text_encoder", "text_encoder_2"}[i]}, Tokenizer: "token/testdata/clip"})
	}
	net := &fakeGraph{in: []Port{{Name: "sample", Type: "float32", Shape: []int{-1, 3, 8, 8}}, {Name: "timestep", Type: "int64", Shape: nil}, {Name: "encoder_hidden_states", Type: "float32", Shape: []int{-1, -1, encoders}}},
		out: []Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, 3, 8, 8}}}}
	if encoders > 1 {
		net.in = append(net.in, Port{Name: "text_embeds", Type: "float32", Shape: []int{-1, 1}}, Port{Name: "time_ids", Type: "float32", Shape: []int{-1, 6}})
	}
	net.run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
		*told = append(*told, slices.Clone(in["encoder_hidden_states"].Data))
		out := in["sample"].Clone()
		for i := range out.Data {
			out.Data[i] *= 0.1
		}
		return []Tensor{out}, nil
	}
	m, err := New(Parts{Name: "words", Scheduler: []byte(fakeScheduler), Text: texts, Denoiser: Part{Graph: net, Name: "unet", Config: []byte(`{"sample_size":8}`)}})
	if err != nil {
		t.Fatal(err)
	}
	return m, told
}

// words are the ids of a text's tokens between start and end.
func words(m *Model, text string) []float32 {
	var out []float32
	for _, id := range m.text.Encode(text) {
		out = append(out, float32(id))
	}
	return out
}

func all(t *testing.T, m *Model, r Request) (last Step) {
	t.Helper()
	for s, err := range m.Generate(context.Background(), r) {
		if err != nil {
			t.Fatal(err)
		}
		last = s
	}
	return last
}

// What the network is told at every step, with and against the prompt.
func TestPromptsOverSteps(t *testing.T) {
	for _, c := range []struct {
		name, prompt, negative string
		sampler                string
		want                   []string // of calls in order: prompt, negative, prompt ...
	}{
		{"change", "a [cat:dog:0.5]", "", "", []string{"a cat", "", "a cat", "", "a cat", "", "a dog", ""}},
		{"change by number", "[cat:dog:1]", "", "", []string{"cat", "", "cat", "", "dog", "", "dog", ""}},
		{"in turn", "[cat|dog]", "", "", []string{"cat", "", "cat", "", "dog", "", "cat", ""}},
		{"the negative changes too", "cat", "[mud:sea:0.5]", "", []string{"cat", "mud", "cat", "mud", "cat", "mud", "cat", "sea"}},
		{"both", "cat AND dog :2", "mud AND sea", "", slices.Repeat([]string{"cat", "mud AND sea", "dog"}, 4)},
		{"two evaluations a step", "[cat:dog:0.5]", "", "Heun", []string{"cat", "", "cat", "", "cat", "", "cat", "", "cat", "", "dog", "", "dog", ""}},
	} {
		m, told := wordNet(t, 1)
		all(t, m, Request{Prompt: c.prompt, Negative: c.negative, Syntax: true, Steps: 4, Sampler: c.sampler})
		if len(*told) != len(c.want) {
			t.Errorf("%s: %d calls, want %d", c.name, len(*told), len(c.want))
			continue
		}
		for i, text := range c.want {
			want := words(m, text)
			if got := (*told)[i][1 : 1+len(want)]; !slices.Equal(got, want) || (*told)[i][1+len(want)] != 999 {
				t.Errorf("%s: call %d is told %v, want %v (%q)", c.name, i, (*told)[i][:6], want, text)
			}
		}
	}
}

// A run that goes on from a saved step is told what it would have been told.
func TestPromptsResumed(t *testing.T) {
	m, told := wordNet(t, 1)
	r := Request{Prompt: "[cat:dog:2]", Syntax: true, Steps: 6, Guidance: 1}
	var third State
	for s, err := range m.Generate(context.Background(), r) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Index == 4 {
			third = s.State
			break
		}
	}
	*told = nil
	r.Resume = &third
	all(t, m, r)
	for i, got := range *told {
		if want := words(m, "dog"); !slices.Equal(got[1:1+len(want)], want) {
			t.Errorf("call %d after going on is told %v, want %v", i, got[:4], want)
		}
	}
}

// Pictures of one batch may have texts of their own for each encoder, and prompts of different lengths.
func TestTextsOfABatch(t *testing.T) {
	m, told := wordNet(t, 2)
	all(t, m, Request{Prompts: []string{"cat", "dog"}, Prompts2: []string{"red", "blue sea"}, Negatives2: []string{"mud"}, Steps: 1, Guidance: 2})
	row := func(call, picture int) (first, second []float32) {
		got := (*told)[call][picture*77*2:]
		for i := range 6 {
			first, second = append(first, got[2*i]), append(second, got[2*i+1])
		}
		return first, second
	}
	for i, want := range [][2]string{{"cat", "red"}, {"dog", "blue sea"}} {
		first, second := row(0, i)
		if a, b := words(m, want[0]), words(m, want[1]); !slices.Equal(first[1:1+len(a)], a) || !slices.Equal(second[1:1+len(b)], b) {
			t.Errorf("picture %d is told %v and %v", i, first, second)
		}
		if _, second = row(1, i); !slices.Equal(second[1:1+len(words(m, "mud"))], words(m, "mud")) {
			t.Errorf("picture %d: the negative is told %v", i, second)
		}
	}
	m, told = wordNet(t, 1)
	all(t, m, Request{Prompts: []string{"cat BREAK dog", "cat"}, Syntax: true, Steps: 1, Guidance: 1})
	if got := (*told)[0]; len(got) != 2*2*77 || !reflect.DeepEqual(got[3*77:], slices.Repeat(got[3*77-1:3*77], 77)) {
		t.Errorf("%d states: the shorter prompt is not lengthened by its last", len(got))
	}
}
