//go:build migrated_fynedo

package program

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine/fault"
)

// What the window is told of a file that is dropped on it and is no model: what to do is a sentence that is translated,
// the details are one line with the file's name.
func TestDroppedFiles(t *testing.T) {
	dir := checkpoints(t)
	whole := filepath.Join(dir, "sd1.safetensors")
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	lying := func(head string) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head+"12345678"...)
	}
	bare := filepath.Join(t.TempDir(), "bare.safetensors")
	if err := pick(whole, bare, "model.diffusion_model."); err != nil {
		t.Fatal(err)
	}
	if m, err := readModel(bare); err != nil || m.Lacks != "the text encoder CLIP, the VAE" {
		t.Errorf("a checkpoint that lacks parts lacks %q: %v", m.Lacks, err)
	}
	for name, c := range map[string]struct {
		data []byte
		kind fault.Kind
		said string
	}{
		"cut.safetensors":     {data[:len(data)/2], fault.Incomplete, "is cut off"},
		"overlap.safetensors": {lying(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`), fault.Incomplete, "overlapping tensors"},
		"absurd.safetensors":  {lying(`{"a":{"dtype":"F32","shape":[1099511627776,0],"data_offsets":[0,0]}}`), fault.Incomplete, "impossible shape"},
		"twice.safetensors":   {lying(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`), fault.Incomplete, "twice"},
		"other.safetensors":   {lying(`{"a\nb":{"dtype":"F32","shape":[1,1,2],"data_offsets":[0,8]}}`), fault.NoModel, "its tensors are a b;"},
		"page.safetensors":    {[]byte("<!DOCTYPE html>"), fault.Incomplete, "a web page"},
		"model.ckpt":          {[]byte("PK\x03\x04"), fault.Pickle, "can run any program"},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := readModel(path)
		if fault.Of(err) != c.kind || !strings.Contains(err.Error(), c.said) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q: %v", name, fault.Of(err), err)
		}
	}
}
