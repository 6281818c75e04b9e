package adapter

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine/fault"
)

// weightsOf writes a file with these tensors, whose values are a hole of gigabytes: reading them would not pass unseen.
func weightsOf(t *testing.T, rows int64, names ...string) string {
	t.Helper()
	table, at := map[string]any{}, int64(0)
	for _, name := range names {
		table[name] = map[string]any{"dtype": "F32", "shape": []int64{rows, 64}, "data_offsets": []int64{at, at + 256*rows}}
		at += 256 * rows
	}
	head, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file.safetensors")
	if err := os.WriteFile(path, append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, at+int64(len(head))+8); err != nil {
		t.Skip(err)
	}
	return path
}

// A model given as a LoRA or as an embedding is told by its header, and what to do with it; so is one for the other.
func TestOtherThings(t *testing.T) {
	unet := []string{"model.diffusion_model.input_blocks.0.0.weight", "model.diffusion_model.time_embed.0.weight", "first_stage_model.decoder.up.0.block.0.conv1.weight", "first_stage_model.decoder.conv_in.weight"}
	lora := []string{"lora_unet_mid_block_attentions_0_proj_in.lora_up.weight", "lora_unet_mid_block_attentions_0_proj_in.lora_down.weight"}
	for _, c := range []struct {
		path string
		read func(string) error
		want string
	}{
		{weightsOf(t, 1<<24, unet...), readsLoRA, "is not a LoRA but a model of Stable Diffusion 1: open it with --model"},
		{weightsOf(t, 1<<22, unet[2:]...), readsLoRA, "is not a LoRA but a VAE: name it with --vae"},
		{weightsOf(t, 2, "emb_params"), readsLoRA, "is not a LoRA but a textual inversion: name it with --embedding"},
		{weightsOf(t, 1<<24, unet...), readsEmbedding, "is not a textual inversion but a model"},
		{weightsOf(t, 4, lora...), readsEmbedding, "is not a textual inversion but a LoRA: name it with --lora"},
		{weightsOf(t, 2, "emb_params"), readsEmbedding, ""},
	} {
		err := c.read(c.path)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || fault.Of(err) != fault.Adapter) {
			t.Errorf("%v, not %q", err, c.want)
		}
	}
}

func readsLoRA(path string) error {
	_, err := ReadLoRA(path)
	return err
}

func readsEmbedding(path string) error {
	_, err := ReadEmbedding(path, "word")
	return err
}
