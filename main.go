// Nirvana is a desktop art studio for diffusion models. Without a command it
// opens the studio; `nirvana help` lists what it does in the terminal.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"nirvana/app/command"
	"nirvana/models/runtime"
)

// version is set when a release is built.
var version = "0.1"

func main() {
	runtime.Quiet() // before there are threads that read C's environment
	args := os.Args[1:]
	if !command.Is(args) {
		os.Exit(window(args))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var rt lazyRuntime
	code := command.Run(ctx, command.Env{Out: os.Stdout, Err: os.Stderr, Open: rt.open, Plain: plainLoop, Library: library, In: os.Stdin, Catalogue: known(), Version: version}, args)
	stop()
	if err := rt.close(); err != nil && code == command.Done {
		fmt.Fprintln(os.Stderr, "nirvana:", err)
		code = command.Failed
	}
	os.Exit(code)
}
