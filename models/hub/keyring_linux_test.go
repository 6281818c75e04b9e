package hub

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nirvana/engine/fault"
)

// TestSecretService stores, reads and deletes a token with GNOME's keyring, each in a process of its own, on a bus and
// in a home of their own; and where the bus has no keyring, the token is told to be lost.
func TestSecretService(t *testing.T) {
	if step := os.Getenv("NIRVANA_KEYRING_STEP"); step != "" {
		keyringStep(t, step)
		return
	}
	for _, program := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s: apt-get install dbus-daemon gnome-keyring", program)
		}
	}
	if os.Getenv("NIRVANA_TEST_KEYRING") == "" {
		t.Skip("set NIRVANA_TEST_KEYRING=1 to try a real keyring: its daemon sometimes hangs while it starts")
	}
	home := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	inside := func(script string) {
		t.Helper()
		run := `step() { NIRVANA_KEYRING_STEP=$1 "$0" -test.run '^TestSecretService$' -test.v; }; set -e; ` + script
		limited, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		c := exec.CommandContext(limited, "dbus-run-session", "--", "sh", "-c", run, self)
		c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_DATA_HOME=" + filepath.Join(home, "data"), "XDG_RUNTIME_DIR=" + home,
			"XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
			"XDG_DATA_DIRS=" + home} // where the bus finds no keyring to start by itself
		c.WaitDelay = 5 * time.Second // a daemon that outlives its bus holds the pipe
		if out, err := c.CombinedOutput(); err != nil && !errors.Is(err, exec.ErrWaitDelay) || !strings.Contains(string(out), "--- PASS: TestSecretService") {
			t.Fatalf("%v: %s", err, out)
		}
	}
	const daemon = `printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; `
	inside(daemon + `step store; step read; step replace; step delete; step nothing; step store`)
	inside(daemon + `step read`) // another day: the keyring's file is unlocked again
	files, _ := filepath.Glob(filepath.Join(home, "data", "keyrings", "*.keyring"))
	if len(files) == 0 {
		t.Error("the keyring has no file")
	}
	for _, f := range files {
		if data, err := os.ReadFile(f); err != nil || strings.Contains(string(data), "hf_real") {
			t.Errorf("%s: %v, or the token lies open in it", f, err)
		}
	}
	os.RemoveAll(filepath.Join(home, "data"))
	inside(`step without`)
}

// keyringStep is what one process does.
func keyringStep(t *testing.T, step string) {
	var err error
	want := "hf_real"
	switch step {
	case "store":
		err = KeepToken("hf_real\n")
	case "replace":
		err, want = KeepToken("hf_other"), "hf_other"
	case "delete", "nothing": // which is no error
		err, want = KeepToken(""), ""
	case "without":
		if err := KeepToken("hf_real"); fault.Of(err) != fault.Keyring || !strings.Contains(err.Error(), "HF_TOKEN") {
			t.Errorf("without a keyring: %v", err)
		}
		want = ""
	}
	if got := Token(); err != nil || got != want {
		t.Errorf("%s: %q, want %q (%v)", step, got, want, err)
	}
}
