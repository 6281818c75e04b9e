package onnx

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/x448/float16"

	"nirvana/app/bench/network"
	"nirvana/engine/onnx/graphcache"
	"nirvana/models"
)

// mapsOf reports whether this process has a file below a folder mapped.
func mapsOf(t *testing.T, dir string) bool {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(maps), dir+string(filepath.Separator))
}

// toFloat32 rewrites a checkpoint in half precision: its weights are then used as they lie in the file.
func toFloat32(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	size := 8 + int(binary.LittleEndian.Uint64(data))
	var header map[string]struct {
		Type    string  `json:"dtype"`
		Shape   []int64 `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	if err := json.Unmarshal(data[8:size], &header); err != nil {
		t.Fatal(err)
	}
	for name, w := range header {
		w.Type, w.Offsets = "F32", []int64{2 * w.Offsets[0], 2 * w.Offsets[1]}
		header[name] = w
	}
	head, _ := json.Marshal(header)
	out := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
	for at := size; at < len(data); at += 2 {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(float16.Frombits(binary.LittleEndian.Uint16(data[at:])).Float32()))
	}
	write(t, file, out)
}

// What lies on another machine is read from there once, with a cache and without: then nothing of it is mapped, and the network
// runs when it is gone. What lies on this machine stays where it is.
func TestRemoteFilesAreNotMapped(t *testing.T) {
	file, folder, err := network.Pair(t.TempDir(), "mini", false)
	if err != nil {
		t.Fatal(err)
	}
	toFloat32(t, file)
	parts := map[string]models.Part{}
	for what, path := range map[string]string{"checkpoint": file, "folder": folder} {
		f, err := models.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		parts[what] = f.Denoiser
	}
	away := func(path string) bool { return true }
	want := map[string][]float32{}
	for _, c := range []struct {
		what                 string
		cached, away, mapped bool
		limit                int64 // of the cache, bytes; 0: the usual one
	}{
		{what: "folder", mapped: true},
		{what: "checkpoint", mapped: true},
		{what: "folder", cached: true, away: true},
		{what: "checkpoint", cached: true, away: true},
		{what: "checkpoint", away: true},
		{what: "checkpoint", cached: true, away: true, limit: 1},
	} {
		t.Run(c.what, func(t *testing.T) {
			o := Options{}
			if c.away {
				o.away = away
			}
			if c.cached {
				o.Cache = filepath.Join(t.TempDir(), "graphs")
				if err := graphcache.Folder(o.Cache).SetLimit(cmp.Or(c.limit, graphcache.Most)); err != nil {
					t.Fatal(err)
				}
			}
			p := parts[c.what]
			g := shared.part(p, false, o)
			if err := g.readPorts(); err != nil {
				t.Fatal(err)
			}
			in := inputsOf(g)
			got := run(t, g, in)[0].Data
			if want[c.what] == nil {
				want[c.what] = got
			}
			if !near(got, want[c.what], 1e-4) {
				t.Error("it gives something else")
			}
			if is := mapsOf(t, filepath.Dir(file)); is != c.mapped {
				t.Errorf("its files are mapped: %v", is)
			}
			copies, _ := filepath.Glob(filepath.Join(os.TempDir(), "nirvana-weights-*"))
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
			for _, dir := range copies {
				if _, err := os.Stat(dir); err == nil {
					t.Errorf("%s is left", dir)
				}
			}
		})
	}
}
