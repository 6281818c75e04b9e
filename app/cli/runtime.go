package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"nirvana/models/runtime"
	"nirvana/models/runtime/card"
	"nirvana/models/runtime/wheel"
)

// runtimeCommand is `nirvana runtime [cuda|openvino|webgpu|auto|remove]`: shows the execution providers of this machine,
// and downloads the libraries for its graphics card into the user's cache folder.
func runtimeCommand(ctx context.Context, env Env, args []string) error {
	if len(args) > 1 {
		return wrong("say one: nirvana runtime, or nirvana runtime cuda, openvino, webgpu, auto or remove")
	}
	m := card.Look(ctx)
	what := ""
	if len(args) == 1 {
		what = args[0]
	}
	switch what {
	case "", "--help", "-h", "-help":
		tellMachine(env, m)
		return nil
	case "cuda":
		if ok, why := m.CUDA(); !ok {
			return fmt.Errorf("CUDA cannot be used here: %v", why)
		}
		return fetchCUDA(ctx, env)
	case "openvino":
		return errors.New(wheel.NoOpenVINO.String())
	case "webgpu":
		return tellWebGPU(env, m)
	case "auto":
		if ok, why := m.CUDA(); !ok {
			fmt.Fprintln(env.Err, "nirvana runtime: no CUDA:", line(why.String()))
			return tellWebGPU(env, m)
		}
		return fetchCUDA(ctx, env)
	case "remove":
		if dir := runtime.CardFolder(); dir != "" {
			return os.RemoveAll(dir)
		}
		return nil
	}
	return wrong("%q is unknown: use cuda, openvino, webgpu, auto or remove", what)
}

func tellMachine(env Env, m card.Machine) {
	if library, err := runtime.Find(); err == nil {
		fmt.Fprintln(env.Out, "library:", printable(library))
	} else {
		fmt.Fprintln(env.Out, "library:", line(err.Error()))
	}
	if len(m.Cards) == 0 {
		fmt.Fprintln(env.Out, "card: none was found")
	}
	for _, c := range m.Cards {
		text := fmt.Sprintf("card: %s %s", c.Vendor, c.Name)
		if c.Memory > 0 {
			text += ", " + megabytes(c.Memory)
		}
		if c.Driver != "" {
			text += ", driver " + c.Driver
		} else if c.Module != "" {
			text += ", module " + c.Module
		}
		fmt.Fprintln(env.Out, line(text))
	}
	for _, v := range m.Vulkan {
		kind := "card"
		if v.Software {
			kind = "computed by the processor, not used"
		}
		fmt.Fprintln(env.Out, line("vulkan: "+v.Name+" ("+kind+")"))
	}
	for _, missing := range m.Missing {
		fmt.Fprintln(env.Out, "note:", line(missing.String()))
	}
	if ok, why := m.CUDA(); ok {
		fmt.Fprintln(env.Out, "cuda: can be used;", cudaThere())
	} else {
		fmt.Fprintln(env.Out, "cuda: no,", line(why.String()))
	}
	if ok, why := m.TensorRT(); ok {
		fmt.Fprintln(env.Out, "tensorrt: can be tried with CUDA's libraries: --device tensorrt")
	} else {
		fmt.Fprintln(env.Out, "tensorrt: no,", line(why.String()))
	}
	fmt.Fprintln(env.Out, "openvino: no,", wheel.NoOpenVINO.String())
	if ok, why := m.WebGPU(); ok {
		fmt.Fprintln(env.Out, "webgpu: can be tried, it is in the library: --device webgpu")
	} else {
		fmt.Fprintln(env.Out, "webgpu: no,", line(why.String()))
	}
}

// cudaThere reports which of CUDA's libraries are installed.
func cudaThere() string {
	if _, err := os.Stat(runtime.CardFolder()); err == nil {
		return "its libraries are in " + printable(runtime.CardFolder())
	}
	return fmt.Sprintf("nirvana runtime cuda fetches its libraries, %s", megabytes(wheel.Size(wheel.CUDA)))
}

func tellWebGPU(env Env, m card.Machine) error {
	if ok, why := m.WebGPU(); !ok {
		return fmt.Errorf("WebGPU cannot be used here: %v", why)
	}
	fmt.Fprintln(env.Out, "WebGPU over Vulkan is in the library that is here: nothing is to be fetched. Use --device webgpu, or auto, which measures.")
	return nil
}

func fetchCUDA(ctx context.Context, env Env) error {
	dir, err := wheel.BringCUDA(ctx, env.Err, nil)
	if err != nil {
		return fmt.Errorf("%w (run it again to continue)", err)
	}
	fmt.Fprintln(env.Out, "CUDA's libraries are in", printable(dir)+": use --device cuda, or auto, which measures.")
	return nil
}
