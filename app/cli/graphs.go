package cli

import (
	"flag"
	"fmt"
	"io"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphcache"
)

// graphsCommand is `nirvana models cache [--clear]`: how much optimised networks take, and their end.
func graphsCommand(env Env, args []string) error {
	f := flag.NewFlagSet("cache", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	clear := f.Bool("clear", false, "remove them; they are made again when a model is opened")
	rest, err := mixed(f, args)
	if err != nil || len(rest) > 0 {
		return wrong("nirvana models cache [--clear]")
	}
	bytes := env.Graphs.Bytes()
	if *clear {
		if err := env.Graphs.Clear(); err != nil {
			return fault.Denied.Errorf("the cached networks in %s cannot be removed: close the models that use them: %w", env.Graphs, err)
		}
		fmt.Fprintf(env.Out, "%s freed\n", megabytes(bytes))
		return nil
	}
	fmt.Fprintf(env.Out, "%s of at most %s, optimised networks that open faster, in %s\n", megabytes(bytes), megabytes(graphcache.Limit), env.Graphs)
	return nil
}
