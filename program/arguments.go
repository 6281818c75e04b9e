package program

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"nirvana/ui"
)

// arguments are what `nirvana [--model NAME|DIR] [FILE...]` opens the studio with.
type arguments struct {
	model string
	files []string
}

func readArguments(args []string) (arguments, error) {
	var a arguments
	f := flag.NewFlagSet("nirvana", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&a.model, "model", "", "model name or folder")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return a, err
		}
		return a, fmt.Errorf("%w; nirvana help lists what there is", err)
	}
	a.files = f.Args()
	for _, path := range a.files {
		if _, err := os.Stat(path); err != nil {
			return a, fmt.Errorf("%q is neither a command nor a file: nirvana help lists the commands", path)
		}
	}
	return a, nil
}

var errNoScreen = errors.New("there is no screen to open the studio on: start it on a desktop, or use the command line (nirvana help)")

// noScreen reports whether neither X nor Wayland can be reached, on systems whose window needs one of them.
func noScreen() bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return false
	}
	return os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == ""
}

// show runs the window. Where the screen that the environment names cannot be reached, the toolkit panics.
func show(w *ui.Window) (err error) {
	defer func() {
		switch r := recover(); {
		case r == nil:
		case strings.Contains(fmt.Sprint(r), "GLFW library is not initialized"):
			err = errNoScreen
		default:
			panic(r)
		}
	}()
	w.ShowAndRun()
	return nil
}
