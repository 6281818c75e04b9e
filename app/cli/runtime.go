package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
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
		return fetchLibraries(ctx, env, "cuda", wheel.BringCUDA)
	case "openvino":
		return fetchLibraries(ctx, env, "openvino", wheel.BringOpenVINO)
	case "webgpu":
		return tellWebGPU(env, m)
	case "auto":
		if ok, why := m.CUDA(); !ok {
			fmt.Fprintln(env.Err, "nirvana runtime: no CUDA:", line(why.String()))
			return tellWebGPU(env, m)
		}
		return fetchLibraries(ctx, env, "cuda", wheel.BringCUDA)
	case "remove":
		var failed error
		for _, dir := range []string{runtime.CardFolder(), runtime.OpenVINOFolder()} {
			if dir != "" {
				failed = errors.Join(failed, os.RemoveAll(dir))
			}
		}
		return failed
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
		fmt.Fprintln(env.Out, "cuda: can be used;", fetchedTo("cuda", runtime.CardFolder(), wheel.CUDA))
	} else {
		fmt.Fprintln(env.Out, "cuda: no,", line(why.String()))
	}
	if ok, why := m.TensorRT(); ok {
		fmt.Fprintln(env.Out, "tensorrt: can be tried with CUDA's libraries: --device tensorrt")
	} else {
		fmt.Fprintln(env.Out, "tensorrt: no,", line(why.String()))
	}
	if dir := runtime.OpenVINOFolder(); dir != "" {
		fmt.Fprintln(env.Out, "openvino: can be used, on the processor too;", fetchedTo("openvino", dir, wheel.OpenVINO))
	} else {
		fmt.Fprintln(env.Out, "openvino: no, its libraries are for Linux on x86-64")
	}
	if ok, why := m.WebGPU(); ok {
		fmt.Fprintln(env.Out, "webgpu: can be tried, it is in the library: --device webgpu")
	} else {
		fmt.Fprintln(env.Out, "webgpu: no,", line(why.String()))
	}
}

// fetchedTo reports whether a set of libraries is installed.
func fetchedTo(name, dir string, set []wheel.Wheel) string {
	if _, err := os.Stat(dir); err == nil {
		return "its libraries are in " + printable(dir)
	}
	return fmt.Sprintf("nirvana runtime %s fetches its libraries, %s", name, megabytes(wheel.Size(set)))
}

func tellWebGPU(env Env, m card.Machine) error {
	if ok, why := m.WebGPU(); !ok {
		return fmt.Errorf("WebGPU cannot be used here: %v", why)
	}
	fmt.Fprintln(env.Out, "WebGPU over Vulkan is in the library that is here: nothing is to be fetched. Use --device webgpu, or auto, which measures.")
	return nil
}

func fetchLibraries(ctx context.Context, env Env, name string, bring func(context.Context, io.Writer, func(string, int64, int64)) (string, error)) error {
	dir, err := bring(ctx, env.Err, nil)
	if err != nil {
		return fmt.Errorf("%w (run it again to continue)", err)
	}
	fmt.Fprintf(env.Out, "The libraries are in %s: use --device %s, or auto, which measures.\n", printable(dir), name)
	return nil
}
