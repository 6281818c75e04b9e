package drive

import (
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Program is a studio running in a display.
type Program struct {
	display *Display
	command *exec.Cmd
	ended   chan error
	log     string // path of what it wrote to its output and error stream
}

// Start runs the program in the display. Its data is stored below home: this machine's user's own is neither seen nor
// touched. The variables in env override those of this process.
func (d *Display) Start(home, path string, env []string, args ...string) (*Program, error) {
	for _, folder := range []string{"config", "cache", "data", "Pictures"} {
		if err := os.MkdirAll(filepath.Join(home, folder), 0o700); err != nil {
			return nil, err
		}
	}
	log, err := os.Create(filepath.Join(home, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(path, args...)
	command.Env = append(os.Environ(), "DISPLAY="+d.Name, "NIRVANA_HOME="+home, "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"),
		"XDG_CACHE_HOME="+filepath.Join(home, "cache"), "XDG_DATA_HOME="+filepath.Join(home, "data"), "XDG_SESSION_TYPE=x11", "WAYLAND_DISPLAY=",
		"LIBGL_ALWAYS_SOFTWARE=1", "LC_ALL=C.UTF-8", "NO_AT_BRIDGE=1", "GSETTINGS_BACKEND=memory", "GTK_USE_PORTAL=0", "GIO_USE_VFS=local", "FYNE_SCALE=1")
	command.Env = append(command.Env, env...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &Program{display: d, command: command, ended: make(chan error, 1), log: log.Name()}
	go func() { p.ended <- command.Wait() }()
	return p, nil
}

// Log returns what the program has written to its streams.
func (p *Program) Log() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Memory is the program's resident memory in bytes.
func (p *Program) Memory() int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.command.Process.Pid))
	var pages [2]int64
	if err != nil {
		return 0
	}
	fmt.Sscan(string(text), &pages[0], &pages[1])
	return pages[1] * int64(os.Getpagesize())
}

// Kill sends a signal and waits for the program's end.
func (p *Program) Kill(signal os.Signal) error {
	if err := p.command.Process.Signal(signal); err != nil {
		return err
	}
	p.ended <- <-p.ended
	return nil
}

// Alive reports whether the program is running.
func (p *Program) Alive() bool {
	select {
	case err := <-p.ended:
		p.ended <- err
		return false
	default:
		return true
	}
}

// endLimit is how long a program on a busy machine may take to end.
const endLimit = 30 * time.Second

// Close asks the program to quit, and kills it if it does not: then its log shows what it was doing.
func (p *Program) Close() error {
	p.command.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-p.ended:
		p.ended <- err
		return nil
	case <-time.After(endLimit):
		p.command.Process.Signal(syscall.SIGQUIT)
		time.Sleep(time.Second)
		p.command.Process.Kill()
		return fmt.Errorf("%s did not end when asked: %s", p.command.Path, p.Log())
	}
}

// Window is a window of the X server.
type Window struct {
	ID     string
	Bounds image.Rectangle // on the screen, in pixels
}

// Window waits for a visible window whose title begins with a match of an expression, and gives it the keyboard
// focus, since there is no window manager.
func (p *Program) Window(title string, limit time.Duration) (Window, error) {
	var window Window
	err := eventually(limit, func() (bool, error) {
		if !p.Alive() {
			return false, fmt.Errorf("the program ended: %s", p.Log())
		}
		found, err := p.display.xdotool("search", "--onlyvisible", "--name", "^"+title)
		if err != nil || found == "" {
			return false, nil // xdotool fails where it finds nothing
		}
		lines := strings.Fields(found)
		window.ID = lines[len(lines)-1]
		return true, nil
	})
	if err != nil {
		return Window{}, fmt.Errorf("a window %q: %w", title, err)
	}
	if _, err := p.display.xdotool("windowfocus", "--sync", window.ID); err != nil {
		return Window{}, err
	}
	window.Bounds, err = p.display.bounds(window.ID)
	return window, err
}

// Resize sets the window's size in pixels and waits until it has it.
func (p *Program) Resize(window Window, size image.Point) (Window, error) {
	if _, err := p.display.xdotool("windowsize", window.ID, strconv.Itoa(size.X), strconv.Itoa(size.Y)); err != nil {
		return window, err
	}
	err := eventually(10*time.Second, func() (bool, error) {
		bounds, err := p.display.bounds(window.ID)
		window.Bounds = bounds
		return bounds.Size() == size, err
	})
	if errors.Is(err, errTimeout) {
		err = fmt.Errorf("the window is %v, asked for %v", window.Bounds.Size(), size)
	}
	return window, err
}

func (d *Display) bounds(window string) (image.Rectangle, error) {
	said, err := d.xdotool("getwindowgeometry", "--shell", window)
	if err != nil {
		return image.Rectangle{}, err
	}
	values := map[string]int{}
	for line := range strings.Lines(said) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		values[name], _ = strconv.Atoi(value)
	}
	return image.Rect(0, 0, values["WIDTH"], values["HEIGHT"]).Add(image.Pt(values["X"], values["Y"])), nil
}
