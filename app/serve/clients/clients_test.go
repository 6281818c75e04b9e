package clients

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"nirvana/app/serve"
	"nirvana/app/serve/servetest"
)

func TestClients(t *testing.T) {
	python := os.Getenv("NIRVANA_CLIENTS")
	if python == "" {
		t.Skip("NIRVANA_CLIENTS names no Python that has webuiapi and openai: make clients")
	}
	token := "a-token-of-some-length"
	open, _ := servetest.Start(t, &servetest.Net{Pause: 2 * time.Millisecond}, serve.Options{})
	closed, _ := servetest.Start(t, &servetest.Net{}, serve.Options{Token: token})
	out, err := exec.CommandContext(t.Context(), python, "clients.py", open.URL, closed.URL, token).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestPage uses the page at / in headless Chromium; NIRVANA_PAGE_PICTURE is where it leaves a screenshot, and one with a picture of
// the person's own beside it.
func TestPage(t *testing.T) {
	python := os.Getenv("NIRVANA_CLIENTS")
	if _, err := exec.LookPath("chromedriver"); err != nil || python == "" {
		t.Skip("no chromedriver, or NIRVANA_CLIENTS names no Python that has selenium: make clients")
	}
	s, _ := servetest.Start(t, &servetest.Net{Pause: 15 * time.Millisecond}, serve.Options{})
	args := []string{"page.py", s.URL + "/"}
	if picture := os.Getenv("NIRVANA_PAGE_PICTURE"); picture != "" {
		args = append(args, picture, picture+".own.png")
	}
	out, err := exec.CommandContext(t.Context(), python, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
