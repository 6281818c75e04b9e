package program

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx"
	"nirvana/engine/remote/remotetest"
	"nirvana/models"
)

// The model that ships draws the same picture, to the bit, with its networks on two servers as with them here.
func TestNetworksOnServers(t *testing.T) {
	if testing.Short() {
		t.Skip("draws")
	}
	home := t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	f, err := models.Read("models/nirvana")
	if err != nil {
		t.Fatal(err)
	}
	var rt lazyRuntime
	t.Cleanup(func() { rt.close() })
	draw := func() (string, string) {
		m, err := rt.open(t.Context(), f, cli.OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		var last engine.Step
		for s, err := range m.Generate(t.Context(), engine.Request{Prompt: "a red heart", Seed: 3, Steps: 3, Width: 128, Height: 128, Syntax: true}) {
			if err != nil {
				t.Fatal(err)
			}
			last = s
		}
		return last.X.SHA256() + string(last.Pictures[0].Pix), m.Device
	}
	want, _ := draw()

	library, err := rt.get()
	if err != nil {
		t.Fatal(err)
	}
	// as networks are opened here: attention in one operation rounds otherwise
	served, err := library.Load(f, onnx.LoadOptions{Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	graphs := map[string]engine.Graph{"there_unet": served.Parts.Denoiser.Graph, "there_dec": served.Parts.Decoder.Graph, "there_text": served.Parts.Text[0].Graph}
	first, second := &remotetest.Server{Graphs: graphs}, &remotetest.Server{Graphs: graphs}
	write := func(v any) {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, "servers.json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	networks := map[string]string{"unet": "there_unet", "vae_decoder": "there_dec", "text_encoder": "there_text"}
	servers := []map[string]string{{"address": first.GRPC(t, "127.0.0.1:0")}, {"address": second.HTTP(t, "127.0.0.1:0")}}
	write(map[string]any{"servers": servers, "models": map[string]any{"nirvana": networks}})
	got, device := draw()
	if got != want {
		t.Error("the picture is another one")
	}
	if first.Calls.Load()+second.Calls.Load() < 5 || !strings.Contains(device, servers[0]["address"]) {
		t.Errorf("%d and %d calls, on %s", first.Calls.Load(), second.Calls.Load(), device)
	}
	if _, err := rt.open(t.Context(), f, cli.OpenOptions{LoRAs: []cli.Weighted{{File: "x.safetensors", Weight: 1}}}); fault.Of(err) != fault.Server {
		t.Errorf("a LoRA for a server's network: %v", err)
	}
	write(map[string]any{"servers": servers, "models": map[string]any{"nirvana": map[string]string{"unet": "there_dec"}}})
	if _, err := rt.open(t.Context(), f, cli.OpenOptions{}); fault.Of(err) != fault.Server || !strings.Contains(err.Error(), "another network") {
		t.Errorf("another network under the name: %v", err)
	}
	write(map[string]any{"servers": servers, "models": map[string]any{"another": networks}})
	calls := first.Calls.Load() + second.Calls.Load()
	if got, _ := draw(); got != want || first.Calls.Load()+second.Calls.Load() != calls {
		t.Error("a model that is not named was sent to a server")
	}
}
