//go:build migrated_fynedo && unix

package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx"
	"nirvana/engine/onnx/repository"
	"nirvana/engine/remote"
	"nirvana/engine/remote/live"
	"nirvana/engine/remote/remotetest"
	"nirvana/models"
)

// repositoryOf is a model repository with the networks of all model folders of the recorded runs, and what servers.json says of them.
func repositoryOf(t *testing.T, dirs ...string) (folder string, placed map[string]map[string]string) {
	t.Helper()
	folder, placed = filepath.Join(t.TempDir(), "served"), map[string]map[string]string{}
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			f, err := models.Read(filepath.Join(dir, e.Name()))
			if err != nil {
				continue // a part of another
			}
			f.Name = e.Name()
			names, _, err := repository.Write(f, folder)
			if err != nil {
				t.Fatal(err)
			}
			placed[f.Dir] = names
		}
	}
	return folder, placed
}

// lines are what a command writes; each is told how many there are.
type lines struct {
	bytes.Buffer
	each func(n int)
}

func (l *lines) Write(p []byte) (int, error) {
	n, err := l.Buffer.Write(p)
	l.each(bytes.Count(l.Bytes(), []byte("\n")))
	return n, err
}

// conform runs recorded runs and returns the lines that it writes.
func conform(t *testing.T, out *lines, args ...string) []string {
	t.Helper()
	var rt lazyRuntime
	defer rt.close()
	cli.Run(t.Context(), cli.Env{Out: out, Err: out, Open: rt.open, Catalogue: models.Shipped()}, append([]string{"conformance"}, args...))
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

// The recorded runs of diffusers, with every network on a real server of another maker, come out as diffusers made them; each
// last x is the local one within float error. LoRAs and embeddings, which are merged here, are refused. Of two servers one is
// killed in the middle.
func TestConformanceServers(t *testing.T) {
	for kind, start := range map[string]func(testing.TB, string, string) *live.Server{"NIRVANA_MLSERVER": live.MLServer, "NIRVANA_KSERVE": live.KServe} {
		t.Run(kind, func(t *testing.T) {
			program := os.Getenv(kind)
			if program == "" {
				t.Skip(kind + " names no server: make conformance-servers")
			}
			conformOn(t, func(repository string) *live.Server { return start(t, program, repository) })
		})
	}
}

func conformOn(t *testing.T, start func(repository string) *live.Server) {
	home := t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	dir := recordedModels(t)
	cases := filepath.Join(recorded, "cases.json.gz")
	only := os.Getenv("NIRVANA_CASES")
	if only != "" {
		only += "," + killedIn
	}
	local := t.TempDir()
	conform(t, &lines{each: func(int) {}}, cases, "--models", dir, "--only", only, "--trace", local)

	folder, placed := repositoryOf(t, dir)
	first, second := start(folder), start(folder)
	write := func(servers ...string) {
		s := remote.Servers{Models: placed}
		for _, a := range servers {
			s.Servers = append(s.Servers, remote.Entry{Address: a})
		}
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, "servers.json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for how, address := range map[string]string{"gRPC": first.GRPC, "HTTP": first.HTTP} {
		few := only
		if how == "HTTP" {
			few = killedIn
		}
		write(address)
		there := t.TempDir()
		check(t, how, local, there, conform(t, &lines{each: func(int) {}}, cases, "--models", dir, "--only", few, "--trace", there))
	}

	write(first.HTTP, second.GRPC)
	there := t.TempDir()
	var once sync.Once
	killed := conform(t, &lines{each: func(n int) {
		if n >= 6 {
			once.Do(func() { first.Process.Kill() })
		}
	}}, cases, "--models", dir, "--only", killedIn, "--trace", there)
	check(t, "one of two killed", local, there, killed)
}

// killedIn are enough runs that one server is killed among them.
const killedIn = "sd1-pndm,sd1-img2img-pndm,inpaint9,flux-guidance-1,sd3-plain,sdxl-euler,ddpm-ddpm,lcm-4,controlnets-two"

// check holds what the runs came to against what they did here.
func check(t *testing.T, how, local, there string, said []string) {
	t.Helper()
	passed, refused, worst := 0, 0, 0.0
	for _, l := range said {
		name, _, _ := strings.Cut(l, " ")
		switch {
		case strings.HasSuffix(l, " ok"):
			passed++
			worst = max(worst, farthest(t, filepath.Join(local, name, "final.npy"), filepath.Join(there, name, "final.npy")))
		case strings.Contains(l, "LoRAs and embeddings are merged"):
			refused++
		case strings.Contains(l, " failed: ") || strings.Contains(l, " differs: "):
			t.Errorf("%s: %s", how, l)
		}
	}
	t.Logf("%s: %d runs agree with diffusers, x is at most %.2g from the local one; %d with LoRAs or embeddings were refused", how, passed, worst, refused)
	if passed < 5 || worst > 2e-3 {
		t.Errorf("%s: %d agree, %g from the local ones", how, passed, worst)
	}
}

// farthest is the greatest difference of two arrays of float32 in NumPy's format, as a share of the greatest value.
func farthest(t *testing.T, a, b string) float64 {
	t.Helper()
	var v [2][]float32
	for i, path := range []string{a, b} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		head := 10 + int(data[8]) + int(data[9])<<8
		for d := range slices.Chunk(data[head:], 4) {
			v[i] = append(v[i], math.Float32frombits(uint32(d[0])|uint32(d[1])<<8|uint32(d[2])<<16|uint32(d[3])<<24))
		}
	}
	if len(v[0]) != len(v[1]) {
		t.Fatal(fmt.Errorf("%s has %d values, %s %d", a, len(v[0]), b, len(v[1])))
	}
	return off(v[1], v[0])
}

// Networks that were written with a LoRA merged in draw, on a server, what the LoRA draws here; and the studio says that this is
// the way where a LoRA is asked for with networks on a server.
func TestServersLoRA(t *testing.T) {
	home := t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	dir, lora := filepath.Join(recordedModels(t), "sd1"), filepath.Join(recorded, "adapters", "lora-a.kohya.safetensors")
	f, err := models.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var rt lazyRuntime
	t.Cleanup(func() { rt.close() })
	draw := func(o cli.OpenOptions) []float32 {
		m, err := rt.open(t.Context(), f, o)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		var last engine.Step
		for s, err := range m.Generate(t.Context(), engine.Request{Prompt: "a red heart", Seed: 3, Steps: 4}) {
			if err != nil {
				t.Fatal(err)
			}
			last = s
		}
		return last.X.Data
	}
	plain, want := draw(cli.OpenOptions{}), draw(cli.OpenOptions{LoRAs: []cli.Weighted{{File: lora, Weight: 0.8}}})

	out := filepath.Join(t.TempDir(), "served")
	text := say(t, cli.Done, "models", "export-server", dir, out, "--lora", lora+":0.8")
	var said remote.Servers
	if err := json.Unmarshal([]byte(text[strings.Index(text, "{"):]), &said); err != nil {
		t.Fatal(err, text)
	}
	networks := said.Placed(f.Name)
	if !strings.HasSuffix(networks["unet"], "unet-lora-a.kohya-0.8") || strings.Contains(networks["vae_decoder"], "lora") {
		t.Errorf("%v", networks)
	}
	library, err := rt.get()
	if err != nil {
		t.Fatal(err)
	}
	server := &remotetest.Server{Graphs: map[string]engine.Graph{}}
	for _, name := range networks {
		g, err := library.Graph(filepath.Join(out, name, "1", "model.onnx"), onnx.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		server.Graphs[name] = g
	}
	said.Servers = []remote.Entry{{Address: server.GRPC(t, "127.0.0.1:0")}}
	if err := remote.WriteServers(filepath.Join(home, "servers.json"), said); err != nil {
		t.Fatal(err)
	}
	got := draw(cli.OpenOptions{})
	if off := off(got, want); off > 1e-4 {
		t.Errorf("x is %g from that with the LoRA here", off)
	}
	if off(plain, want) < 1e-3 {
		t.Error("the LoRA changes nothing")
	}
	if _, err := rt.open(t.Context(), f, cli.OpenOptions{LoRAs: []cli.Weighted{{File: lora, Weight: 0.8}}}); fault.Of(err) != fault.Server || !strings.Contains(err.Error(), "export-server --lora") {
		t.Errorf("%v", err)
	}
	say(t, cli.WrongUsage, "models", "export-server", dir, filepath.Join(out, "2"), "--lora", lora+":much")
	if text := say(t, cli.Failed, "models", "export-server", dir, filepath.Join(out, "3"), "--lora", "nobody:1"); !strings.Contains(text, "nobody") {
		t.Error(text)
	}
}

// off is the greatest difference, as a share of the greatest value.
func off(a, b []float32) float64 {
	most, off := 0.0, 0.0
	for i := range b {
		most, off = max(most, math.Abs(float64(b[i]))), max(off, math.Abs(float64(a[i]-b[i])))
	}
	return off / max(most, 1e-9)
}
