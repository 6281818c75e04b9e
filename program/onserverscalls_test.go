package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/app/cli"
	"nirvana/app/serve"
	"nirvana/app/serve/servetest"
	"nirvana/app/serve/wire"
	"nirvana/engine"
	"nirvana/engine/onnx"
	"nirvana/engine/pixel"
	"nirvana/engine/remote"
	"nirvana/engine/remote/remotetest"
	"nirvana/models"
)

// onTwoServers has the networks of the model that ships run on two servers, which a file in the data folder names.
func onTwoServers(t *testing.T, rt *lazyRuntime, f models.Folder, home string) (servers [2]*remotetest.Server) {
	t.Helper()
	library, err := rt.get()
	if err != nil {
		t.Fatal(err)
	}
	served, err := library.Load(f, onnx.LoadOptions{Fuse: true}) // as networks are opened here
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { served.Close() })
	graphs := map[string]engine.Graph{"there_unet": served.Parts.Denoiser.Graph, "there_dec": served.Parts.Decoder.Graph, "there_text": served.Parts.Text[0].Graph}
	said := remote.Servers{Models: map[string]map[string]string{"nirvana": {"unet": "there_unet", "vae_decoder": "there_dec", "text_encoder": "there_text"}}}
	for i := range servers {
		servers[i] = &remotetest.Server{Graphs: graphs, Pause: 20 * time.Millisecond} // alike, and slow enough that neither does all
		said.Servers = append(said.Servers, remote.Entry{Address: servers[i].GRPC(t, "127.0.0.1:0")})
	}
	if err := remote.WriteServers(filepath.Join(home, "servers.json"), said); err != nil {
		t.Fatal(err)
	}
	return servers
}

// The command line's best of N, its grid and a count of pictures, and orders of `nirvana serve`, are spread over two servers and
// give the pictures that they give here, pixel for pixel.
func TestCallersOnServers(t *testing.T) {
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
	var out bytes.Buffer
	env := cli.Env{Out: &out, Err: &out, Open: rt.open, Catalogue: models.Shipped()}
	common := []string{"generate", "--model", "nirvana", "--prompt", "a red heart", "--seed", "5", "--steps", "4", "--size", "64x64"}
	drawn := func(named string, files []string, args ...string) []*image.RGBA {
		out.Reset()
		dir := t.TempDir()
		if code := cli.Run(t.Context(), env, slices.Concat(common, args, []string{"--out", filepath.Join(dir, named)})); code != cli.Done {
			t.Fatalf("%v: exit code %d\n%s", args, code, &out)
		}
		var all []*image.RGBA
		for _, name := range files {
			p, err := pixel.Load(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
		return all
	}
	callers := map[string]func() []*image.RGBA{
		"best of": func() []*image.RGBA { return drawn("out.png", []string{"out.png"}, "--best-of", "4") },
		"grid": func() []*image.RGBA {
			return drawn("out.png", []string{"out.png"}, "--grid", "guidance=1,3", "--grid", "seed=1,2")
		},
		"pictures": func() []*image.RGBA { return drawn("%d.png", []string{"1.png", "2.png", "3.png"}, "--count", "3") },
		"serve":    func() []*image.RGBA { return ordered(t, env) },
	}
	here := map[string][]*image.RGBA{}
	for name, call := range callers {
		here[name] = call()
	}
	servers := onTwoServers(t, &rt, f, home)
	for _, name := range slices.Sorted(maps.Keys(callers)) {
		before := [2]int64{servers[0].Calls.Load(), servers[1].Calls.Load()}
		there := callers[name]()
		for i := range here[name] {
			if !bytes.Equal(there[i].Pix, here[name][i].Pix) {
				t.Errorf("%s: picture %d is another one", name, i)
			}
		}
		for i, s := range servers {
			if n := s.Calls.Load() - before[i]; n < 4 {
				t.Errorf("%s: server %d was called %d times", name, i, n)
			}
		}
	}
}

// ordered are the pictures of three orders that wait together.
func ordered(t *testing.T, env cli.Env) []*image.RGBA {
	t.Helper()
	s, _ := servetest.StartWith(t, env.Engine("nirvana", cli.OpenOptions{}), serve.Options{})
	var bodies [3]chan []string
	for i := range bodies {
		bodies[i] = make(chan []string, 1)
		go func() {
			var out struct{ Images []string }
			answer, err := http.Post(s.URL+"/sdapi/v1/txt2img", "application/json", strings.NewReader(fmt.Sprintf(`{"prompt":"a red heart","seed":%d,"steps":4,"width":64,"height":64}`, i)))
			if err == nil {
				json.NewDecoder(answer.Body).Decode(&out)
				answer.Body.Close()
			}
			bodies[i] <- out.Images
		}()
	}
	var all []*image.RGBA
	for _, body := range bodies {
		images := <-body
		if len(images) != 1 {
			t.Fatalf("%d pictures", len(images))
		}
		p, err := wire.Picture("image", images[0])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}
