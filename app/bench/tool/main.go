// The tool compares the engine with plain loops over the same models, in Go and, where it is installed, in Node:
//
//	go run ./app/bench/tool -program ./nirvana [-node DIR] [-model mini|sd|NAME|DIR] [-plot FILE.svg]
//
// or a checkpoint with the same pseudo-random weights as a folder of optimum's, written into a folder that is kept:
//
//	go run ./app/bench/tool -program ./nirvana -checkpoint mini|sd15|sdxl -into DIR [-memory]
//
// or runs each network of a published model once, with made-up weights of its names and shapes:
//
//	go run ./app/bench/tool -published sd21|sdxl|sd35-medium|... -into DIR
//
// It is not part of the shipped program.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"nirvana/app/bench"
	"nirvana/app/bench/evaluate"
	"nirvana/app/bench/plain"
	"nirvana/engine/wholefile"
	"nirvana/models"
	"nirvana/models/runtime"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var o bench.Options
	o.Flags(flag.CommandLine)
	program := flag.String("program", "./nirvana", "the engine's side: the built program")
	node := flag.String("node", ".", "folder whose node_modules hold onnxruntime-node, for the arm in Node")
	task := flag.String("task", "", "used by the benchmark itself: one turn of the plain loop, told in this file")
	checkpoint := flag.String("checkpoint", "", "compares a checkpoint with a folder: mini (8 MB), sd15 (2.1 GB, as a folder 4.3) or sdxl (6.9 and 13.9 GB); graphs that are kept take as much as the folder again")
	memory := flag.Bool("memory", false, "with -checkpoint: measures memory alone, of weights that take little of the disk")
	published := flag.String("published", "", "runs each network of a published model once, with made-up weights: sd15, sd21, sdxl, sd3-medium, sd35-medium, sd35-large, flux-dev and others")
	once := flag.Bool("once", false, "used by -published itself: a file, a network and how it is opened")
	into := flag.String("into", "", "folder for -checkpoint's models, which you remove, and -published's file")
	flag.Parse()
	library, err := runtime.Find()
	if err != nil {
		return err
	}
	if *task != "" {
		return plainTurn(library, *task)
	}
	if *once && flag.NArg() == 3 {
		return onceTurn(ctx, library, flag.Arg(0), flag.Arg(1), flag.Arg(2) == "plain")
	}
	if flag.NArg() > 0 || !o.Valid() {
		return fmt.Errorf("the numbers must not be negative, and there are no arguments: -help lists the flags")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if *published != "" {
		if *into == "" {
			return fmt.Errorf("-published needs -into, a folder on a disk with room for sparse files")
		}
		return bench.Published(ctx, *published, *into, []string{self, "-once"}, os.Stdout)
	}
	if *checkpoint != "" {
		if *into == "" {
			return fmt.Errorf("-checkpoint needs -into, a folder on a disk with room")
		}
		if *memory {
			return o.PairMemory(ctx, *checkpoint, *into, *program, os.Stdout, os.Stderr)
		}
		return o.Pair(ctx, *checkpoint, *into, *program, os.Stdout, os.Stderr)
	}
	arms := []bench.Arm{bench.Engine(*program), {Name: "B plain loop, Go", Args: []string{self, "-task"}}}
	dir, err := wholefile.TemporaryFolder("bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if arm, err := nodeArm(*node, dir); err != nil {
		fmt.Fprintf(os.Stderr, "bench: without the arm in Node: %s\n", err)
	} else {
		arms = append(arms, arm)
		if same, err := sameFile(nodeLibrary(*node), library); err != nil || !same {
			fmt.Fprintln(os.Stderr, "bench: the arm in Node runs on another ONNX Runtime library than the others")
		}
	}
	return o.Run(ctx, models.Shipped().Find, arms, os.Stdout, os.Stderr)
}

// plainTurn makes the task's picture by the plain loop and prints a bench.Turn.
func plainTurn(library, file string) error {
	task, err := bench.ReadTask(file)
	if err != nil {
		return err
	}
	turn, err := plain.Run(library, task)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(turn)
}

// onceTurn runs a network once and prints an evaluate.Output.
func onceTurn(ctx context.Context, library, file, name string, plain bool) error {
	out, err := evaluate.Once(ctx, library, file, name, plain)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

func sameFile(a, b string) (bool, error) {
	x, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	y, err := os.ReadFile(b)
	return bytes.Equal(x, y), err
}
