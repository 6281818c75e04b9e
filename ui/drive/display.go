package drive

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Display is a virtual screen. Close ends it.
type Display struct {
	Name   string // the value of the environment variable DISPLAY, for example ":7"
	Size   image.Point
	server *exec.Cmd
	folder string // holds the screen's pixels in a file
}

// Open starts an X server with a screen of a size in pixels.
func Open(size image.Point) (*Display, error) {
	folder, err := os.MkdirTemp("", "nirvana-display-")
	if err != nil {
		return nil, err
	}
	d := &Display{Size: size, folder: folder}
	if err := d.serve(); err != nil {
		d.Close()
		return nil, fmt.Errorf("starting Xvfb (Debian: apt-get install xvfb): %w", err)
	}
	return d, nil
}

// serve starts the server, which picks a free number and writes it to its descriptor 3.
func (d *Display) serve() error {
	said, says, err := os.Pipe()
	if err != nil {
		return err
	}
	defer said.Close()
	// -noreset: between two programs it has no client, and would refuse connections while it resets. -r: a key that a
	// busy machine lets go of late is not typed twice.
	d.server = exec.Command("Xvfb", "-displayfd", "3", "-fbdir", d.folder, "-noreset", "-r", "-nolisten", "tcp", "-dpi", "96",
		"-screen", "0", fmt.Sprintf("%dx%dx24", d.Size.X, d.Size.Y))
	d.server.ExtraFiles = []*os.File{says}
	err = d.server.Start()
	says.Close()
	if err != nil {
		d.server = nil
		return err
	}
	if err := said.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	number, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		return fmt.Errorf("no display came up: %w", err)
	}
	d.Name = ":" + strings.TrimSpace(number)
	return nil
}

// Close ends the server and all programs shown there.
func (d *Display) Close() error {
	if d.server != nil {
		d.server.Process.Signal(os.Interrupt)
		d.server.Wait() // its exit status says only that it was interrupted
	}
	return os.RemoveAll(d.folder)
}

// Shot returns what the screen shows now. A frame that is being drawn can be half there.
func (d *Display) Shot() (*image.RGBA, error) {
	file, err := os.Open(filepath.Join(d.folder, "Xvfb_screen0"))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readXWD(file)
}

// errTimeout is the error of waiting for something that does not happen.
var errTimeout = errors.New("waited too long")

// eventually calls ask until it returns true, or fails after limit.
func eventually(limit time.Duration, ask func() (bool, error)) error {
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		if yes, err := ask(); err != nil || yes {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: %v", errTimeout, limit)
		}
	}
}
