// Nirvana is a desktop art studio for diffusion models. Without a command it
// opens the studio; `nirvana help` lists what it does in the terminal.
package main

import (
	_ "embed"
	"os"

	"nirvana/program"
)

//go:embed FyneApp.toml
var manifest []byte

func main() { os.Exit(program.Run(os.Args[1:], manifest)) }
