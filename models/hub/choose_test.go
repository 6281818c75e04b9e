package hub

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/models/hub/hubtest"
)

// What is fetched of a repository: graphs where there are graphs, one variant of the weights in diffusers' layout, the only
// checkpoint; and which names an error lists.
func TestChoose(t *testing.T) {
	for what, c := range map[string]struct {
		file string
		all  []string
		want []string // nil: refused
		says string
	}{
		"ONNX beside weights": {"", []string{"model_index.json", "unet/model.onnx", "unet/diffusion_pytorch_model.safetensors", "scheduler/scheduler_config.json"},
			[]string{"model_index.json", "unet/model.onnx", "scheduler/scheduler_config.json"}, ""},
		"diffusers, two variants": {"", []string{"README.md", "model_index.json", "sd_xl_base_1.0.safetensors", "scheduler/scheduler_config.json", "tokenizer/vocab.json", "tokenizer_2/merges.txt",
			"text_encoder/config.json", "text_encoder/model.safetensors", "text_encoder/model.fp16.safetensors", "text_encoder/pytorch_model.bin", "text_encoder/flax_model.msgpack", "unet/config.json",
			"unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.non_ema.safetensors", "unet/openvino_model.xml",
			"unet/model.onnx", "unet/model.onnx_data", "vae/config.json", "vae/diffusion_pytorch_model.safetensors", "vae_1_0/diffusion_pytorch_model.safetensors", "vae_decoder/model.onnx", "safety_checker/model.safetensors", "safety_checker/config.json", "example.png"},
			[]string{"README.md", "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json", "text_encoder/model.fp16.safetensors", "tokenizer/vocab.json", "tokenizer_2/merges.txt",
				"unet/config.json", "unet/diffusion_pytorch_model.fp16.safetensors", "vae/config.json", "vae/diffusion_pytorch_model.safetensors"}, ""},
		"diffusers, shards": {"", []string{"model_index.json", "transformer/config.json", "transformer/diffusion_pytorch_model-00001-of-00002.safetensors", "transformer/diffusion_pytorch_model-00002-of-00002.safetensors",
			"transformer/diffusion_pytorch_model.safetensors.index.json", "text_encoder_2/model.fp16-00001-of-00001.safetensors", "text_encoder_2/model.safetensors.index.fp16.json", "text_encoder_2/model-00001-of-00001.safetensors", "text_encoder_2/model.safetensors.index.json"},
			[]string{"model_index.json", "text_encoder_2/model.fp16-00001-of-00001.safetensors", "text_encoder_2/model.safetensors.index.fp16.json", "transformer/config.json",
				"transformer/diffusion_pytorch_model-00001-of-00002.safetensors", "transformer/diffusion_pytorch_model-00002-of-00002.safetensors", "transformer/diffusion_pytorch_model.safetensors.index.json"}, ""},
		"the only checkpoint":   {"", []string{"README.md", "dream.safetensors", "dream.ckpt"}, []string{"dream.safetensors"}, ""},
		"several checkpoints":   {"", []string{"flux-Q4_K.gguf", "flux-Q8_0.gguf"}, nil, "name one of them, a/b/FILE: flux-Q4_K.gguf, flux-Q8_0.gguf"},
		"one of several":        {"flux-Q8_0.gguf", []string{"flux-Q4_K.gguf", "flux-Q8_0.gguf"}, []string{"flux-Q8_0.gguf"}, ""},
		"one that is not there": {"flux-Q2_K.gguf", []string{"flux-Q4_K.gguf"}, nil, "a/b has no file flux-Q2_K.gguf: its checkpoints are flux-Q4_K.gguf"},
		"pickles alone":         {"", []string{"model.ckpt", "unet/diffusion_pytorch_model.bin"}, nil, "neither ONNX graphs nor"},
	} {
		got, err := choose("a/b", c.file, c.all)
		if c.want == nil {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, %v", what, got, err)
			}
			continue
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v\n%s\nnot\n%s", what, err, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// What may be given as a repository: its name, a file's path in it, addresses of pages as a browser has them.
func TestReferences(t *testing.T) {
	for text, want := range map[string]Reference{
		" owner/name/ ":                                                         {"owner/name", "", ""},
		"owner/name/a b/x.safetensors":                                          {"owner/name", "a b/x.safetensors", ""},
		"https://huggingface.co/owner/name":                                     {"owner/name", "", ""},
		"huggingface.co/owner/name/tree/main/unet":                              {"owner/name", "", "main"},
		"https://hf.co/o/n/blob/v1/x%20y.gguf":                                  {"o/n", "x y.gguf", "v1"},
		"https://huggingface.co/o/n/resolve/main/d/x.safetensors?download=true": {"o/n", "d/x.safetensors", "main"},
	} {
		if got, err := (Client{}).ParseReference(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "name", "../..", "owner/..", "https://example.org/owner/name", "owner/name/x.ckpt", "owner/name/sub"} {
		if got, err := (Client{}).ParseReference(text); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

// A cut fetch of one file is gone on with, its folder says which it is, and Repair asks for no other.
func TestFetchOneFile(t *testing.T) {
	data := make([]byte, 300_000)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	s := hubtest.New(map[string][]byte{"unet/model.onnx": data, "sub/one.safetensors": data, "two.safetensors": data[:9000]})
	defer s.Close()
	s.Fault = func(n int, w http.ResponseWriter, r *http.Request, data []byte, from int) bool {
		if from > 0 {
			return false
		}
		part(w, data, 0, 70_000)
		panic(http.ErrAbortHandler)
	}
	c := Client{Endpoint: s.URL, Wait: 1, Tries: 3}
	r, err := c.Look(context.Background(), hubtest.Name+"/sub/one.safetensors", "")
	if err != nil || len(r.Files) != 1 || r.Bytes != int64(len(data)) || r.Folder() != "one" {
		t.Fatalf("%+v, %v", r, err)
	}
	dir := filepath.Join(t.TempDir(), r.Folder())
	if err := c.Fetch(context.Background(), r, dir, nil); err != nil {
		t.Fatal(err)
	}
	asked := s.Asked()
	if len(asked) != 2 || !strings.HasPrefix(asked[1], "sub/one.safetensors@") || strings.HasSuffix(asked[1], "@0") {
		t.Errorf("asked for %s", asked)
	}
	path := filepath.Join(dir, "sub", "one.safetensors")
	s.SetFault(nil)
	os.WriteFile(path, data[1:], 0o644)
	names, err := c.Repair(context.Background(), dir, nil)
	if err != nil || !slices.Equal(names, []string{"sub/one.safetensors"}) {
		t.Errorf("%v, %v", names, err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != string(data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
