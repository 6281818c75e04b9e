// Package clients holds the server against the clients that people use: PyPI's webuiapi and openai. `make clients` installs
// them and runs it.
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
