// Package plugins_test uses the plug-ins as Krita, GIMP and Python run them, on a real server over a model made of
// arithmetic. What is not installed is skipped. `make plugins` runs Krita and GIMP too.
package plugins_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nirvana/app/serve"
	"nirvana/app/serve/servetest"
)

const token = "a-token-of-some-length"

// Each folder can be installed by copying it, so both carry the client and its texts; these have one wording.
func TestOneClient(t *testing.T) {
	for _, name := range []string{"studio.py", "texts.py", "texts.json"} {
		one, err := os.ReadFile("krita/nirvana/" + name)
		if err != nil {
			t.Fatal(err)
		}
		other, err := os.ReadFile("gimp/nirvana/" + name)
		if err != nil || !bytes.Equal(one, other) {
			t.Errorf("krita/nirvana/%s and gimp/nirvana/%[1]s differ: copy the one that is right over the other (%v)", name, err)
		}
	}
}

// run is a command's output; its last line has to be "passed", for hosts that swallow a script's failure.
func run(t *testing.T, environment []string, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.WaitDelay = time.Second
	c.Env = append(os.Environ(), environment...)
	out, err := c.CombinedOutput()
	if ctx.Err() != nil || !strings.Contains("\n"+string(out), "\npassed\n") {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func servers(t *testing.T) []string {
	open, _ := servetest.Start(t, &servetest.Net{Pause: 5 * time.Millisecond}, serve.Options{})
	closed, _ := servetest.Start(t, &servetest.Net{}, serve.Options{Token: token})
	return []string{"NIRVANA_TEST_OPEN=" + open.URL, "NIRVANA_TEST_CLOSED=" + closed.URL, "NIRVANA_TEST_TOKEN=" + token, "PYTHONDONTWRITEBYTECODE=1", "NIRVANA_TOKEN=", "LANGUAGE=en"}
}

func python(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	return path
}

func TestClient(t *testing.T) {
	run(t, servers(t), python(t), "testdata/client.py")
}

func TestTexts(t *testing.T) {
	run(t, []string{"PYTHONDONTWRITEBYTECODE=1"}, python(t), "testdata/texts.py")
}

// install copies a plug-in as the README says.
func install(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := filepath.Join(to, strings.TrimPrefix(path, from))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		return os.WriteFile(name, data, 0o755)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// xvfb is a command within a display of its own.
func xvfb(t *testing.T, command string) []string {
	t.Helper()
	for _, name := range []string{"xvfb-run", command} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("no " + name)
		}
	}
	return []string{"-a", "-s", "-screen 0 1280x800x24", command}
}

// hosts skips what opens whole programs, unless `make plugins` asks for it.
func hosts(t *testing.T) {
	t.Helper()
	if os.Getenv("NIRVANA_PLUGINS") == "" {
		t.Skip("NIRVANA_PLUGINS is not set: make plugins")
	}
}

func TestKrita(t *testing.T) {
	hosts(t)
	args := xvfb(t, "kritarunner")
	home := t.TempDir()
	install(t, "krita/", filepath.Join(home, "data/krita/pykrita"))
	script, err := os.ReadFile("testdata/inkrita.py")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "data/krita/pykrita/inkrita.py"), script, 0o644); err != nil {
		t.Fatal(err)
	}
	environment := append(servers(t), "HOME="+home, "XDG_DATA_HOME="+home+"/data", "XDG_CONFIG_HOME="+home+"/config", "PYTHONPATH="+home+"/data/krita/pykrita")
	run(t, environment, "xvfb-run", append(args, "-s", "inkrita", "-f", "main")...)
}

// TestGIMP runs in the system's GIMP 3, or in that of a root of its own, which NIRVANA_GIMP_ROOT names.
func TestGIMP(t *testing.T) {
	hosts(t)
	root := os.Getenv("NIRVANA_GIMP_ROOT")
	within := func(args ...string) []string { return args }
	if root != "" { // with namespaces of its own, so that nothing that it starts outlives it; xvfb-run hangs as the first process
		within = func(args ...string) []string {
			return append([]string{"unshare", "--mount", "--pid", "--fork", "--mount-proc=" + filepath.Join(root, "proc"), "chroot", root, "sh", "-c", `"$@"; exit $?`, "sh"}, args...)
		}
	}
	asked := within("gimp-console", "--version")
	out, err := exec.Command(asked[0], asked[1:]...).CombinedOutput()
	at := bytes.Index(out, []byte("version 3."))
	if at < 0 {
		if root != "" {
			t.Fatalf("no GIMP 3 in %s: %v %s", root, err, out)
		}
		t.Skip("no GIMP 3")
	}
	if root == "" {
		xvfb(t, "gimp-console")
	}
	home, err := os.MkdirTemp(filepath.Join(root, "/tmp"), "nirvana-gimp-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	minor := strings.Join(strings.SplitN(string(out[at+8:]), ".", 3)[:2], ".")
	configured := filepath.Join(home, "config/GIMP", minor)
	install(t, "gimp/", filepath.Join(configured, "plug-ins"))
	// of GIMP's own plug-ins, each of which is started once to be asked, only those that are needed
	for _, name := range []string{"python-eval", "file-png"} {
		own, _ := filepath.Glob(filepath.Join(root, "/usr/lib/*/gimp", minor, "plug-ins", name))
		if len(own) != 1 {
			t.Fatalf("GIMP's plug-in %s is at %q", name, own)
		}
		install(t, own[0], filepath.Join(configured, "plug-ins", name))
	}
	if err := os.WriteFile(filepath.Join(configured, "gimprc"), []byte(`(plug-in-path "${gimp_dir}/plug-ins")`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/ingimp.py")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "ingimp.py"), script, 0o644); err != nil {
		t.Fatal(err)
	}
	inside := strings.TrimPrefix(home, root)
	environment := append(servers(t), "HOME="+inside, "XDG_CONFIG_HOME="+inside+"/config", "TMPDIR=/tmp")
	args := within("xvfb-run", "-a", "-s", "-screen 0 1280x800x24", "gimp-console", "-i", "--batch-interpreter", "python-fu-eval", "-b", "exec(open('"+inside+"/ingimp.py').read())", "--quit")
	run(t, environment, args[0], args[1:]...)
}
