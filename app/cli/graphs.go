package cli

import (
	"flag"
	"fmt"
	"io"

	"nirvana/engine/fault"
)

// graphsCommand is `nirvana models cache [--limit GB] [--clear]`: how much optimised networks take and may take, and their end.
func graphsCommand(env Env, args []string) error {
	f := flag.NewFlagSet("cache", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	clear := f.Bool("clear", false, "remove them; they are made again when a model is opened")
	limit := f.Float64("limit", -1, "GB that they may take together; the least recently used go first")
	rest, err := mixed(f, args)
	bounded := false
	f.Visit(func(g *flag.Flag) { bounded = bounded || g.Name == "limit" })
	if err != nil || len(rest) > 0 || bounded && !(*limit >= 0 && *limit <= 1e6) {
		return wrong("nirvana models cache [--limit GB] [--clear]")
	}
	bytes := env.Graphs.Bytes()
	if bounded {
		if err := env.Graphs.SetLimit(int64(*limit * 1e9)); err != nil {
			return fault.Denied.Errorf("the limit cannot be kept beside %s: make the folder above it writable: %w", env.Graphs, err)
		}
	}
	if *clear {
		if err := env.Graphs.Clear(); err != nil {
			return fault.Denied.Errorf("the cached networks in %s cannot be removed: close the models that use them: %w", env.Graphs, err)
		}
		fmt.Fprintf(env.Out, "%s freed\n", megabytes(bytes))
		return nil
	}
	fmt.Fprintf(env.Out, "%s of at most %s, optimised networks that open faster, in %s\n", megabytes(env.Graphs.Bytes()), megabytes(env.Graphs.Limit()), env.Graphs)
	return nil
}
