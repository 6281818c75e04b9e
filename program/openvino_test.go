package program

import (
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/models"
	"nirvana/models/runtime"
)

// OpenVINO's plug-in, fetched from PyPI as the artist fetches it, draws with the model that ships what the processor draws, within
// float error. NIRVANA_OPENVINO is a folder that keeps it: make openvino.
func TestOpenVINO(t *testing.T) {
	cache := os.Getenv("NIRVANA_OPENVINO")
	if cache == "" {
		t.Skip("NIRVANA_OPENVINO names no folder: make openvino")
	}
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("NIRVANA_HOME", t.TempDir())
	if runtime.OpenVINO() == "" {
		t.Log(say(t, cli.Done, "runtime", "openvino"))
	}
	for _, dir := range []string{"models/nirvana", filepath.Join(recordedModels(t), "sd1"), filepath.Join(recordedModels(t), "sdxl")} {
		f, err := models.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		var rt lazyRuntime
		draw := func(device string) engine.Step {
			m, err := rt.open(t.Context(), f, cli.OpenOptions{Device: device})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			var last engine.Step
			for s, err := range m.Generate(t.Context(), engine.Request{Prompt: "a red heart", Seed: 3, Steps: 8, Guidance: 4}) {
				if err != nil {
					t.Fatal(err)
				}
				last = s
			}
			if late := m.Late(); len(m.Notices)+len(late) > 0 {
				t.Errorf("%s on %s: %v %v", f.Name, device, m.Notices, late)
			}
			if want := map[string]string{"cpu": "CPU", "openvino": "OpenVINO"}[device]; m.Device != want {
				t.Errorf("%s runs on %s instead of %s", f.Name, m.Device, want)
			}
			return last
		}
		here, there := draw("cpu"), draw("openvino")
		x := off(there.X.Data, here.X.Data)
		most := 0
		for i, v := range here.Pictures[0].Pix {
			most = max(most, int(v)-int(there.Pictures[0].Pix[i]), int(there.Pictures[0].Pix[i])-int(v))
		}
		t.Logf("%s: x is %.2g from the processor's, the picture at most %d of 255", f.Name, x, most)
		if x > 2e-3 || most > 4 {
			t.Errorf("%s: x is %g from the processor's, the picture %d of 255", f.Name, x, most)
		}
		if err := rt.close(); err != nil {
			t.Error(err)
		}
	}
}
