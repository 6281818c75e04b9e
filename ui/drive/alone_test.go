//go:build window

package drive

import (
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Nothing leaves the machine, and nothing is written but where the program's things lie: strace watches a run on the
// command line and one in the window.
func TestWindowAlone(t *testing.T) {
	t.Parallel()
	tracing(t)
	t.Run("generate", func(t *testing.T) {
		w := watched(t)
		command := exec.Command(w.program(), "generate", "--prompt", "a red heart", "--steps", "4", "--size", "64x64", "--out", filepath.Join(w.home, "out.png"))
		command.Env = append(os.Environ(), w.env("HOME="+w.home, "XDG_CACHE_HOME="+filepath.Join(w.home, "cache"), "XDG_CONFIG_HOME="+filepath.Join(w.home, "config"))...)
		if said, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		if _, err := os.Stat(filepath.Join(w.home, "out.png")); err != nil {
			t.Error(err)
		}
		w.judge("out.png")
	})
	t.Run("window", func(t *testing.T) {
		w := watched(t)
		// other programs are not served, and servers are named for another model
		for name, text := range map[string]string{"serve.json": `{"on": false, "network": true, "port": 7860}`, "servers.json": `{"servers": [{"address": "grpc://192.0.2.1:8001"}], "models": {"another": {"unet": "a"}}}`} {
			if err := os.WriteFile(filepath.Join(w.home, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := openProgram(t, w.program(), w.home, image.Pt(1280, 800), w.env())
		s.rest()
		s.appears(func() { s.must(s.display.Press("ctrl+comma")) }) // looking at the pages of the settings opens nothing either
		for _, x := range []int{441, 530, 620} {
			s.appears(func() { s.must(s.display.Click(s.at(x, 176))) })
		}
		s.must(s.display.Press("Escape"))
		s.rest()
		s.must(s.display.Click(s.at(1100, 100))) // the prompt
		s.must(s.display.Type("a red heart"))
		canvas := s.watch()
		s.must(s.display.Press("ctrl+Return"))
		s.must(canvas.UntilChanges(4, runLimit))
		s.must(canvas.UntilStill(calm, runLimit))
		s.must(s.program.Close())
		w.judge()
	})
}

// traced are the calls that open a way out of the machine or change files.
const traced = "socket,connect,sendto,sendmsg,sendmmsg,openat,?open,?creat,?mkdir,mkdirat,?rename,?renameat,renameat2,?link,linkat,?symlink,symlinkat,truncate"

// tracing skips where a process may not watch another, as in some containers; the continuous integration can.
func tracing(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("strace (Debian: apt-get install strace): ", err)
	}
	if said, err := exec.Command("strace", "-o", os.DevNull, "true").CombinedOutput(); err != nil && os.Getenv("CI") == "" {
		t.Skipf("strace may not watch programs here: %s", said)
	}
}

// trail is a program that is run under strace, and what it may touch.
type trail struct {
	*testing.T
	home, log string
}

func watched(t *testing.T) trail {
	home := t.TempDir()
	return trail{t, home, filepath.Join(t.TempDir(), "calls")}
}

// program is a script that runs the program under strace as its own process: signals reach the program itself.
func (w trail) program() string {
	w.Helper()
	path := filepath.Join(filepath.Dir(w.log), "nirvana")
	script := fmt.Sprintf("#!/bin/sh\nexec strace -D -f -y --seccomp-bpf -o '%s' -e signal=none -e trace='%s' '%s' \"$@\"\n", w.log, traced, *program)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		w.Fatal(err)
	}
	return path
}

// env moves the program's own folder out of the home folder, so that what is written beside it shows.
func (w trail) env(more ...string) []string {
	return append(more, "NIRVANA_HOME="+filepath.Join(w.home, "studio"), "ORT_DISABLE_TELEMETRY=")
}

// judge reads the trail to its end and reports every call that should not be.
func (w trail) judge(outputs ...string) {
	w.Helper()
	var text string
	err := eventually(endLimit, func() (bool, error) {
		data, err := os.ReadFile(w.log)
		text = string(data)
		first, _, _ := strings.Cut(text, " ")
		return err == nil && regexp.MustCompile(`(?m)^`+first+` +\+\+\+ `).MatchString(text), nil
	})
	if err != nil {
		w.Fatalf("strace did not come to the end: %v", err)
	}
	// Beside its own folder: what is written before it gets the output's name, the folders of the window's toolkit, and
	// the caches of fonts and of the graphics driver.
	mine := []string{filepath.Join(w.home, "studio"), filepath.Join(w.home, ".nirvana-"), "/dev/", "/proc/self/",
		filepath.Join(w.home, "config", "fyne"), filepath.Join(w.home, "cache", "fyne"), filepath.Join(w.home, "cache", "font_index_"),
		filepath.Join(w.home, "cache", "fontconfig"), filepath.Join(w.home, "cache", "mesa_shader_cache")}
	for _, o := range outputs {
		mine = append(mine, filepath.Join(w.home, o))
	}
	for _, c := range calls(text) {
		if c.name == "mkdir" && strings.Contains(c.text, strconv.Quote(filepath.Join(w.home, "cache"))) {
			continue // the cache folder itself, by GTK
		}
		if wrong := c.wrong(mine); wrong != "" {
			w.Errorf("%s: %s", wrong, c.text)
		}
	}
}

// call is one system call as strace writes it.
type call struct{ name, text string }

var (
	whole      = regexp.MustCompile(`^(\d+) +(\w+)\((.*)$`)
	resumed    = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
	quoted     = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	descriptor = regexp.MustCompile(`(?:AT_FDCWD|\d+)<([^>]*)>`)
)

// calls puts the two halves of calls that others interrupted together again.
func calls(text string) []call {
	var all []call
	half := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := resumed.FindStringSubmatch(line); m != nil {
			line = half[m[1]] + m[2]
		} else if begun, cut := strings.CutSuffix(line, "<unfinished ...>"); cut {
			pid, _, _ := strings.Cut(line, " ")
			half[pid] = begun
			continue
		}
		if m := whole.FindStringSubmatch(line); m != nil {
			all = append(all, call{m[2], m[2] + "(" + m[3]})
		}
	}
	return all
}

// wrong says what is wrong with a call; "" for nothing.
func (c call) wrong(mine []string) string {
	switch c.name {
	case "socket":
		if !strings.HasPrefix(c.text, "socket(AF_UNIX") {
			return "a socket that leads elsewhere"
		}
		return ""
	case "connect", "sendto", "sendmsg", "sendmmsg":
		if local(c.text) {
			return ""
		}
		return "a connection that is neither the display's nor D-Bus'"
	}
	if !c.changes() {
		return ""
	}
	for _, path := range c.paths() {
		allowed := false
		for _, m := range mine {
			allowed = allowed || strings.HasPrefix(path, m)
		}
		if !allowed {
			return "a change outside of the program's folder and the output, at " + path
		}
	}
	return ""
}

// local says whether a socket's peer is the display, D-Bus, or the C library's own look-up of users.
func local(text string) bool {
	if strings.Contains(text, "sa_family=AF_INET") || strings.Contains(text, "sa_family=AF_NETLINK") {
		return false
	}
	if !strings.Contains(text, "sun_path=") {
		return true // on a socket that is connected
	}
	for _, peer := range []string{"/tmp/.X11-unix/", "/run/dbus/", "/run/user/", "/tmp/dbus-", "/var/run/nscd/", "wayland-", "/broadway"} {
		if strings.Contains(text, peer) {
			return true
		}
	}
	return false
}

// changes says whether the call has changed files, or opened one for that.
func (c call) changes() bool {
	if strings.Contains(c.text, " = -1 ") || strings.Contains(c.text, " = ?") {
		return false
	}
	if strings.Contains(c.text, "O_TMPFILE") {
		return false // a file without a name; linkat gives it one
	}
	if c.name == "open" || c.name == "openat" {
		return strings.Contains(c.text, "O_WRONLY") || strings.Contains(c.text, "O_RDWR") || strings.Contains(c.text, "O_CREAT")
	}
	return true
}

// paths are the absolute paths that the call names. What an opened file is called in the end says its result.
func (c call) paths() []string {
	if i := strings.LastIndex(c.text, " = "); i >= 0 && (c.name == "open" || c.name == "openat") {
		if m := descriptor.FindStringSubmatch(c.text[i:]); m != nil {
			return []string{m[1]}
		}
	}
	folder := ""
	if m := descriptor.FindStringSubmatch(c.text); m != nil {
		folder = m[1]
	}
	var all []string
	for _, m := range quoted.FindAllStringSubmatch(c.text, -1) {
		path := m[1]
		if !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
		all = append(all, path)
	}
	return all
}
