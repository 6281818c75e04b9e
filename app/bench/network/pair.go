package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nirvana/engine/network"
	"nirvana/models/checkpoint"
)

// Pair writes the same pseudo-random weights twice: as a checkpoint, dir/model.safetensors, in half precision with
// the other files in a folder next to it, and as an optimum folder, dir/model-onnx. Existing files are used
// unchanged. The models are published.Tensors'. With mostlyZeros nearly all weights are zeros, which take no room on the disk.
func Pair(dir, model string, mostlyZeros bool) (file, folder string, err error) {
	name, side := model, int64(whole)
	if mostlyZeros {
		name, side = model+"-thin", thin
	}
	file, folder = filepath.Join(dir, name+".safetensors"), filepath.Join(dir, name+"-onnx")
	if _, err := os.Stat(filepath.Join(folder, "model_index.json")); err == nil {
		return file, folder, nil
	}
	if err := checkpointOf(file, model, "", side); err != nil {
		return "", "", fmt.Errorf("writing the benchmark's checkpoint %s: %w", file, err)
	}
	m, err := assembled(file)
	if err != nil {
		return "", "", err
	}
	for _, to := range []string{strings.TrimSuffix(file, ".safetensors"), folder} {
		if err := settings(to, m); err != nil {
			return "", "", fmt.Errorf("writing %s: %w", to, err)
		}
	}
	for _, n := range m.Networks() {
		if err := export(n, folder); err != nil {
			return "", "", fmt.Errorf("exporting %s into %s: %w", n.Name, folder, err)
		}
	}
	return file, folder, write(folder, "model_index.json", m.Index)
}

func assembled(file string) (*checkpoint.Model, error) {
	f, err := checkpoint.Open(file)
	if err != nil {
		return nil, err
	}
	return checkpoint.Assemble(f)
}

// export writes a network of a checkpoint with its config.json.
func export(n checkpoint.Network, dir string) error {
	g, err := network.Build(n.Name, n.Config, n.Weights, network.Options{})
	if err != nil {
		return err
	}
	return errors.Join(Export(g, filepath.Join(dir, n.Name)), write(dir, n.Name+"/config.json", n.Config))
}

// settings writes scheduler and tokenizers.
func settings(dir string, m *checkpoint.Model) error {
	errs := []error{write(dir, "scheduler/scheduler_config.json", scheduler)}
	for _, t := range m.Text {
		errs = append(errs, tokenizer(dir, strings.Replace(t.Name, "text_encoder", "tokenizer", 1), 77))
	}
	return errors.Join(errs...)
}

// sized returns a config.json with the side of its latents.
func sized(config []byte, side int) ([]byte, error) {
	var c map[string]any
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, err
	}
	c["sample_size"] = side
	return json.Marshal(c)
}
