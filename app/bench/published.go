package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"nirvana/app/bench/network"
	"nirvana/engine/memory"
	onnxruntime "nirvana/models/runtime"
)

// Published writes a checkpoint of a published model's names and shapes into dir, sparse and with made-up weights, and runs each of
// its networks once in a process of its own: self and the flags for it, then the file, the network's name and "plain" or
// "optimised". It prints shapes, whether the numbers are finite, and the peak of memory; and what a network would need that does
// not fit. The file is removed.
func Published(ctx context.Context, model, dir string, self []string, out io.Writer) error {
	file := filepath.Join(dir, model+"-published.safetensors")
	defer os.Remove(file)
	if err := network.Thin(file, model); err != nil {
		return fmt.Errorf("writing %s: %w", file, err)
	}
	sizes, err := network.Sizes(file)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, made up\n\n| network | weights | opened | outputs | numbers | peak memory |\n|---|---|---|---|---|---|\n", model)
	for _, s := range sizes {
		fmt.Fprintf(out, "| %s | %.2f billion | ", s.Name, float64(s.Weights)/1e9)
		if err := evaluated(ctx, s, file, self, out); err != nil {
			return fmt.Errorf("%s's %s: %w", model, s.Name, err)
		}
	}
	return nil
}

// needs is about how much memory opening a network takes: optimised, what ONNX Runtime folds and packs as float32; else
// what was measured at most beside the file's pages, which the system can give back.
func needs(s network.Size, plain bool) int64 {
	if plain {
		return 3*s.Weights + 1<<30
	}
	return int64(2.1*4*float64(s.Weights)) + 1<<29
}

func evaluated(ctx context.Context, s network.Size, file string, self []string, out io.Writer) error {
	free, how := memory.Free(), "optimised"
	if needs(s, false) > free {
		how = "plain"
		fmt.Fprintf(out, "as written: optimised it needs %.1f GB, this machine has %.1f | ", gigabytes(needs(s, false)), gigabytes(free))
	} else {
		fmt.Fprint(out, "optimised | ")
	}
	if how == "plain" && needs(s, true) > free {
		fmt.Fprintf(out, "needs %.1f GB, this machine has %.1f | | |\n", gigabytes(needs(s, true)), gigabytes(free))
		return nil
	}
	var said, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, self[0], append(self[1:], file, s.Name, how)...)
	cmd.Stdout, cmd.Stderr = &said, &complaint
	cmd.Env = append(os.Environ(), onnxruntime.QuietVariable+"=1")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
	}
	var got struct {
		Shapes    []string
		NotFinite int
	}
	if err := json.Unmarshal(said.Bytes(), &got); err != nil {
		return err
	}
	numbers := "finite"
	if got.NotFinite > 0 {
		numbers = fmt.Sprintf("%d not finite", got.NotFinite)
	}
	fmt.Fprintf(out, "%s | %s | %.2f GB |\n", shown(got.Shapes), numbers, gigabytes(peak(cmd.ProcessState)))
	return nil
}

// shown are the first of the outputs; text encoders have one for each layer.
func shown(shapes []string) string {
	if most := 2; len(shapes) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(shapes[:most], ", "), len(shapes)-most)
	}
	return strings.Join(shapes, ", ")
}

func gigabytes(n int64) float64 { return float64(n) / 1e9 }
