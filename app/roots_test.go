package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rooted is a studio that lists the .safetensors files of its folders, four at a time, and notes what is to be watched.
type rooted struct {
	*fetcher
	watched []string
}

func openRoots(t *testing.T, home string) *rooted {
	r := &rooted{fetcher: &fetcher{t: t, posted: make(chan func(), 10000)}}
	read := func(path string) (ModelInfo, error) {
		info, err := os.Stat(path)
		if err != nil {
			return ModelInfo{}, err
		}
		return ModelInfo{Name: strings.TrimSuffix(filepath.Base(path), ".safetensors"), Dir: path, Bytes: info.Size()}, nil
	}
	s, err := New(Options{Home: home, Post: func(f func()) { r.posted <- f }, Models: []ModelInfo{{Name: "shipped", Dir: "shipped", Shipped: true}}, Read: read,
		Watch: func(folders []string) { r.watched = folders },
		List: func(ctx context.Context, root string, tell func([]ModelInfo)) ([]string, error) {
			entries, err := os.ReadDir(root)
			if err != nil {
				return nil, errors.New("the folder is not there")
			}
			for part := range slices.Chunk(entries, 4) {
				var found []ModelInfo
				for _, e := range part {
					m, _ := read(filepath.Join(root, e.Name()))
					found = append(found, m)
				}
				tell(found)
			}
			return []string{root}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	r.Studio = s
	t.Cleanup(func() { s.Close() })
	return r
}

func (r *rooted) names() (out []string) {
	for _, m := range r.Models[1:] {
		out = append(out, m.Name)
	}
	return out
}

func put(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name+".safetensors"), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A folder's models are listed as they are found, follow what comes and goes, and are there again at the next start: the chosen
// one at once. Nothing in the folder is touched when it is taken out.
func TestRoots(t *testing.T) {
	home, root := t.TempDir(), t.TempDir()
	var all []string
	for i := range 30 {
		all = append(all, fmt.Sprintf("m%02d", i))
	}
	put(t, root, all...)
	r := openRoots(t, home)
	r.AddRoot(root + "/")
	r.until("a part of the list", func() bool { return len(r.Models) > 1 })
	if len(r.Models) == 31 {
		t.Error("the list came at once, not in parts")
	}
	r.until("the whole list", func() bool { return r.Roots[0].Looked })
	if !slices.Equal(r.names(), all) || r.Roots[0].Models != 30 || r.Notice == nil || r.Notice.Headline != "30 models of this folder are in the list" {
		t.Fatalf("%v, %+v, %+v", r.names(), r.Roots, r.Notice)
	}
	r.until("what is watched", func() bool { return slices.Equal(r.watched, []string{root}) })
	put(t, root, "new")
	os.Remove(filepath.Join(root, "m03.safetensors"))
	r.Rescan()
	r.Rescan()
	r.until("the new one", func() bool { return slices.Contains(r.names(), "new") && !slices.Contains(r.names(), "m03") })
	r.Open(filepath.Join(root, "m20.safetensors"))
	r.RemoveModel(r.Models[5])
	if len(r.Models) != 31 || !strings.Contains(r.Notice.Headline, "belongs to a folder") {
		t.Errorf("a folder's model was removed: %+v", r.Notice)
	}
	r.Close()

	r = openRoots(t, home)
	if m, ok := r.Chosen(); !ok || m.Name != "m20" {
		t.Errorf("at the next start %+v is chosen", m)
	}
	r.until("the list at the next start", func() bool { return len(r.Models) == 31 && r.Roots[0].Looked })
	if m, ok := r.Chosen(); !ok || m.Name != "m20" {
		t.Errorf("after the list came %+v is chosen", m)
	}
	away := root + ".away"
	if err := os.Rename(root, away); err != nil {
		t.Fatal(err)
	}
	r.Rescan()
	r.until("that it is away", func() bool { return r.Roots[0].Err != nil })
	if len(r.Models) != 31 {
		t.Errorf("a folder that is away for a moment empties the list: %d", len(r.Models))
	}
	os.Rename(away, root)
	r.Rescan()
	r.until("that it is back", func() bool { return r.Roots[0].Err == nil })
	r.DropRoot(root)
	if len(r.Models) != 1 || len(r.Settings.Roots) != 0 {
		t.Errorf("%v after the folder was taken out", r.names())
	}
	r.Notice.Do()
	r.until("it is put back", func() bool { return len(r.Models) == 31 })
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 30 {
		t.Error("the folder was touched", err)
	}
}
