package onnx

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app/bench/network"
	"nirvana/models"
)

// What every picture needs is opened beforehand and nothing else; what does not open is told; closing waits for it.
func TestBegin(t *testing.T) {
	dir := t.TempDir()
	if err := network.Folder(dir, network.Mini); err != nil {
		t.Fatal(err)
	}
	folder, err := models.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := shared.Load(folder, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	l.Begin()
	if err := l.Ready(); err != nil {
		t.Fatal(err)
	}
	for component, want := range map[string]string{"unet": CPU, "text_encoder": CPU, "vae_decoder": "", "vae_encoder": ""} {
		if got := l.graphs[component].Device(); got != want {
			t.Errorf("%s is on %q, want %q", component, got, want)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	bad := trial()
	bad.Nodes[0].Op = "Convolve"
	data, err := bad.Bytes()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "unet", "model.onnx"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if l, err = shared.Load(folder, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	l.Begin()
	if err := l.Ready(); err == nil || !strings.Contains(err.Error(), "unet") {
		t.Errorf("a network that does not open: %v", err)
	}
	l.Begin()
	if err := l.Close(); err != nil { // while it opens
		t.Fatal(err)
	}
	if l.graphs["text_encoder"].Device() != "" {
		t.Error("a network is open after closing")
	}
}
