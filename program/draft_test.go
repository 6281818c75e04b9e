package program

import (
	"encoding/binary"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

func init() {
	// recorded NAME DIR: the tiny model folder of the recorded runs that has this name.
	scriptCommands["recorded"] = func(ts *testscript.TestScript, neg bool, args []string) {
		models, err := unpacked()
		ts.Check(err)
		ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(filepath.Join(models, args[0]))))
	}
	// drafted DIR: a tiny Stable Diffusion with a draft of three steps, whose weights change the last layer.
	scriptCommands["drafted"] = func(ts *testscript.TestScript, neg bool, args []string) {
		dir := ts.MkAbs(args[0])
		models, err := unpacked()
		ts.Check(err)
		ts.Check(os.CopyFS(dir, os.DirFS(filepath.Join(models, "sd1"))))
		head := `{"unet.conv_out.lora_A.weight":{"dtype":"F32","shape":[1,8,3,3],"data_offsets":[0,288]},"unet.conv_out.lora_B.weight":{"dtype":"F32","shape":[4,1,1,1],"data_offsets":[288,304]}}`
		weights := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
		for range 304 / 4 {
			weights = append(weights, 0, 0, 0, 0x3e) // 0.125
		}
		for name, data := range map[string][]byte{"draft/weights.safetensors": weights,
			"draft/scheduler_config.json": []byte(`{"_class_name":"DDIMScheduler","num_train_timesteps":1000,"beta_schedule":"scaled_linear","beta_start":0.00085,"beta_end":0.012,"timestep_spacing":"trailing"}`),
			"model_index.json":            []byte(`{"_class_name":"StableDiffusionPipeline","_draft":{"weights":"draft/weights.safetensors","scheduler":"draft/scheduler_config.json","num_inference_steps":3}}`)} {
			path := filepath.Join(dir, filepath.FromSlash(name))
			ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
			ts.Check(os.WriteFile(path, data, 0o644))
		}
	}
}
