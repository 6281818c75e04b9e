// Package program puts the studio together: ONNX Runtime behind the engine, the models on this machine, and either
// the window or one command of the terminal. Start with Run.
package program

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"nirvana/app/cli"
	"nirvana/engine/onnx/graphcache"
	"nirvana/models/runtime"
)

// ends are the signals that ask the program to end. One that is ignored from the start, as nohup does it, stays so.
func ends() (out []os.Signal) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			out = append(out, s)
		}
	}
	return out
}

// Run is the whole program: args are the command line without the program's name, manifest is FyneApp.toml's text. It
// gives the exit code.
func Run(args []string, manifest []byte) int {
	runtime.Quiet() // before there are threads that read C's environment
	id, err := readIdentity(manifest)
	if err != nil {
		fmt.Fprintln(os.Stderr, "nirvana:", err)
		return cli.Failed
	}
	if !cli.Is(args) {
		return window(id, args)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends()...)
	defer stop()
	var rt lazyRuntime
	kept := openFolders(id.Version)
	code := cli.Run(ctx, cli.Env{Out: os.Stdout, Err: os.Stderr, Open: rt.open, Upscaler: rt.upscaler, Segment: rt.segment, In: os.Stdin, Catalogue: known(kept), Listing: kept.cache, Roots: roots, Version: id.Version, Home: homeOrNone(), Graphs: graphcache.Folder(graphs())}, args)
	if err := rt.close(); err != nil && code == cli.Done {
		fmt.Fprintln(os.Stderr, "nirvana:", err)
		return cli.Failed
	}
	return code
}

// homeOrNone is the data folder; "" where there is no place for one, which commands do without.
func homeOrNone() string {
	dir, err := home()
	if err != nil {
		return ""
	}
	return dir
}
