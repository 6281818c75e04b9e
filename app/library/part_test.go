package library

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"nirvana/models/hub"
	"nirvana/models/hub/hubtest"
)

// oneTensor is a file of weights with one tensor of zeros.
func oneTensor(name, shape string, bytes int) []byte {
	head := `{"` + name + `": {"dtype": "F16", "shape": ` + shape + `, "data_offsets": [0, ` + strconv.Itoa(bytes) + `]}}`
	data := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
	return append(data, make([]byte, bytes)...)
}

// A fetched file that is a part of a model is put where lists look for it, is looked for at once, and it is said where it is
// and how it is used. It is no model.
func TestFetchPart(t *testing.T) {
	o := open(t)
	s := hubtest.New(map[string][]byte{"a/ink.safetensors": oneTensor("lora_unet_a.lora_up.weight", "[40, 30]", 2400), "x4.safetensors": oneTensor("conv_first.weight", "[4, 3, 3, 3]", 216)})
	defer s.Close()
	o.options.Hub = hub.Client{Endpoint: s.URL, Token: "x"}
	o.options.Parts = func(context.Context, string, []string) (p Parts) {
		for _, path := range glob(filepath.Join(o.options.Home, "upscalers", "*.safetensors")) {
			p.Upscalers = append(p.Upscalers, Part{Path: path})
		}
		return p
	}
	for file, want := range map[string]struct{ at, says string }{"a/ink.safetensors": {"loras", "LoRA over the prompt"}, "x4.safetensors": {"upscalers", "Upscale with a model"}} {
		o.told = nil
		o.Fetch(hubtest.Name + "/" + file)
		o.until(func() bool { return o.told != nil })
		folder := filepath.Join(o.options.Home, want.at)
		if _, err := os.Stat(filepath.Join(folder, filepath.Base(file))); err != nil || len(o.Downloads) != 0 || len(o.Models) != 0 {
			t.Errorf("%s: %v, %+v, %+v", file, err, o.Downloads, o.Models)
		}
		if !strings.HasSuffix(o.told.Headline, "was downloaded") || !strings.Contains(o.told.Advice, folder) || !strings.Contains(o.told.Advice, want.says) {
			t.Errorf("%s: %+v", file, o.told)
		}
	}
	o.until(func() bool { return len(o.Parts.Upscalers) == 1 })
	if err := os.WriteFile(filepath.Join(o.options.Home, "loras", "ink.safetensors"), []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	o.told = nil
	o.Fetch(hubtest.Name + "/a/ink.safetensors")
	o.until(func() bool { return o.told != nil })
	if !strings.HasPrefix(o.told.Headline, "ink-2 ") || !strings.Contains(o.told.Advice, "Another file there is called ink.safetensors") {
		t.Errorf("with another file of its name: %+v", o.told)
	}
}

func glob(pattern string) []string {
	all, _ := filepath.Glob(pattern)
	return all
}
