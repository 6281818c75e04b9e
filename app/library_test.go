package app

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nirvana/models/hub"
)

// shelf is a hub with one small repository.
func shelf(t *testing.T) *httptest.Server {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/models/artist/tiny/revision/main":
			blob := sha1.Sum([]byte("blob 4\x00onnx"))
			fmt.Fprintf(w, `{"sha": %q, "siblings": [{"rfilename": "unet/model.onnx", "size": 4, "blobId": %q}]}`, commit, hex.EncodeToString(blob[:]))
		case "/artist/tiny/resolve/" + commit + "/unet/model.onnx":
			fmt.Fprint(w, "onnx")
		case "/api/models/artist/gated/revision/main":
			w.WriteHeader(http.StatusForbidden)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// fetcher is a studio whose posted functions run when until waits.
type fetcher struct {
	*Studio
	t      *testing.T
	posted chan func()
}

func openLibrary(t *testing.T, home, endpoint string) *fetcher {
	l := &fetcher{t: t, posted: make(chan func(), 1000)}
	s, err := New(Options{Home: home, Store: filepath.Join(home, "models"), Hub: hub.Client{Endpoint: endpoint, Token: "x"}, Memory: 8e9,
		Post:   func(f func()) { l.posted <- f },
		Models: []ModelInfo{{Name: "shipped", Dir: "shipped", Shipped: true}},
		Read: func(dir string) (ModelInfo, error) {
			if _, err := os.Stat(filepath.Join(dir, "unet", "model.onnx")); err != nil {
				return ModelInfo{}, err
			}
			return ModelInfo{Name: filepath.Base(dir), Dir: dir, Fetched: filepath.Dir(dir) == filepath.Join(home, "models")}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	l.Studio = s
	t.Cleanup(func() { s.Close() })
	return l
}

func (l *fetcher) until(what string, done func() bool) {
	l.t.Helper()
	end := time.After(20 * time.Second)
	for !done() {
		select {
		case f := <-l.posted:
			f()
		case <-end:
			l.t.Fatalf("never: %s; notice %+v", what, l.Notice)
		}
	}
}

func TestFetchUseRemoveUndo(t *testing.T) {
	home := t.TempDir()
	l := openLibrary(t, home, shelf(t).URL)
	l.Fetch("artist/tiny")
	l.Fetch("artist/tiny") // once is enough
	if len(l.Downloads) != 1 {
		t.Fatalf("%d downloads", len(l.Downloads))
	}
	l.until("fetched", func() bool { return len(l.Models) == 2 })
	m := l.Models[1]
	if m.Name != "tiny" || !m.Fetched || len(l.Downloads) != 0 || l.Notice == nil || l.Notice.Headline != "tiny was downloaded" {
		t.Errorf("%+v, %v, %+v", m, l.Downloads, l.Notice)
	}
	l.RemoveModel(m)
	if _, err := os.Stat(m.Dir); err == nil || len(l.Models) != 1 {
		t.Error("the model is still there")
	}
	l.Notice.Do()
	if _, err := os.Stat(filepath.Join(m.Dir, "unet", "model.onnx")); err != nil || len(l.Models) != 2 {
		t.Error("the model did not come back", err)
	}
	l.RemoveModel(l.Models[0])
	if len(l.Models) != 2 || !strings.Contains(l.Notice.Headline, "in use") {
		t.Error("the shipped model was removed")
	}
}

func TestFailedFetch(t *testing.T) {
	l := openLibrary(t, t.TempDir(), shelf(t).URL)
	l.Fetch("artist/gated")
	l.until("refused", func() bool { return l.Downloads[0].Err != nil })
	if d := l.Downloads[0]; !d.Locked {
		t.Error("a gated repository does not ask for a token")
	}
	l.CancelFetch(l.Downloads[0])
	l.Fetch("not a name")
	l.until("refused", func() bool { return l.Downloads[0].Err != nil })
	if len(l.Downloads) != 1 || l.Downloads[0].Locked {
		t.Errorf("%+v", l.Downloads)
	}
}

// A folder that was added stays where it is, is remembered, and is never touched.
func TestAddedFolder(t *testing.T) {
	home, own := t.TempDir(), filepath.Join(t.TempDir(), "mine")
	os.MkdirAll(filepath.Join(own, "unet"), 0o755)
	os.WriteFile(filepath.Join(own, "unet", "model.onnx"), []byte("x"), 0o644)
	l := openLibrary(t, home, "")
	m, err := l.Read(own)
	if err != nil {
		t.Fatal(err)
	}
	l.AddModel(m)
	l.Close()
	l = openLibrary(t, home, "")
	if len(l.Models) != 2 || l.Models[1].Dir != own {
		t.Fatalf("the next start knows %+v", l.Models)
	}
	l.RemoveModel(l.Models[1])
	if _, err := os.Stat(own); err != nil || len(l.Models) != 1 || len(l.Settings.Folders) != 0 {
		t.Error("an added folder was touched, or is still listed", err)
	}
}

// Of two models of one name the chosen folder is used, also at the next start; when it is gone, the other is.
func TestModelsOfOneName(t *testing.T) {
	home, own := t.TempDir(), filepath.Join(t.TempDir(), "shipped")
	os.MkdirAll(filepath.Join(own, "unet"), 0o755)
	os.WriteFile(filepath.Join(own, "unet", "model.onnx"), []byte("x"), 0o644)
	l := openLibrary(t, home, "")
	first := l.Models[0]
	m, err := l.Read(own)
	if err != nil {
		t.Fatal(err)
	}
	l.AddModel(m)
	chosen := func() string {
		info, _ := l.Chosen()
		return info.Dir
	}
	if chosen() != first.Dir {
		t.Fatalf("%q is chosen at first", chosen())
	}
	l.Open(own)
	l.Open(l.Settings.Model) // a name alone leaves the choice
	l.Use(Recipe{Model: first.Name})
	if chosen() != own {
		t.Errorf("%q is chosen, not the second of the name", chosen())
	}
	l.Close()
	l = openLibrary(t, home, "")
	l.Open(l.Settings.Model) // as the window does
	if chosen() != own {
		t.Errorf("%q is chosen at the next start", chosen())
	}
	l.Close()
	if err := os.RemoveAll(own); err != nil {
		t.Fatal(err)
	}
	l = openLibrary(t, home, "")
	l.Open(l.Settings.Model)
	if chosen() != first.Dir {
		t.Errorf("%q is chosen when the folder is gone", chosen())
	}
}

// The chosen model is in use, opened or not.
func TestRemoveTheChosen(t *testing.T) {
	l := openLibrary(t, t.TempDir(), shelf(t).URL)
	l.Fetch("artist/tiny")
	l.until("fetched", func() bool { return len(l.Models) == 2 })
	m := l.Models[1]
	l.Set(func(s *Settings) { s.Model, s.ModelDir = m.Name, m.Dir })
	l.RemoveModel(m)
	if _, err := os.Stat(m.Dir); err != nil || len(l.Models) != 2 || !strings.Contains(l.Notice.Headline, "in use") {
		t.Errorf("%v, %+v", err, l.Notice)
	}
}

func TestTooLarge(t *testing.T) {
	l := openLibrary(t, t.TempDir(), "")
	l.AddModel(ModelInfo{Name: "huge", Dir: "huge", Memory: 9e9})
	l.Open("huge")
	if l.Notice == nil || !strings.Contains(l.Notice.Headline, "will not fit") || l.worker.Busy() {
		t.Fatalf("%+v", l.Notice)
	}
	l.Dismiss()
	l.Generate()
	if l.Notice == nil || !strings.Contains(l.Notice.Advice, "about 9 GB and") || len(l.Queue) > 0 || l.Run() != nil {
		t.Fatalf("a run began: %+v", l.Notice)
	}
	l.Notice.Do()
	l.until("tried", func() bool { return !l.worker.Busy() })
}
