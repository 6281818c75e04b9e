package library

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/app/disk"
	"nirvana/app/journal"
	"nirvana/app/notice"
	"nirvana/models/hub"
)

// owner is a library that records the calls of its hooks, on the test's goroutine.
type owner struct {
	*Library
	t      *testing.T
	posted chan func()
	told   *notice.Notice
	failed error
	inUse  string
	linked []string
	opened string
}

// shelf is a hub with one public repository, and one that requires a token.
func shelf(t *testing.T) string {
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
	return s.URL
}

func open(t *testing.T, list ...Model) *owner {
	home := t.TempDir()
	o := &owner{t: t, posted: make(chan func(), 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	o.Library = New(ctx, list, Options{Home: home, Store: filepath.Join(home, "models"), Hub: hub.Client{Endpoint: shelf(t), Token: "x"}, Now: time.Now,
		Read: func(dir string) (Model, error) {
			if _, err := os.Stat(filepath.Join(dir, "unet", "model.onnx")); err != nil {
				return Model{}, err
			}
			return Model{Name: filepath.Base(dir), Dir: dir, Fetched: true}, nil
		}}, Hooks{
		Post: func(f func()) { o.posted <- f }, Aside: func(f func()) { go f() }, Say: func(text string) string { return text },
		Notify:  func(n *notice.Notice) { o.told = n },
		Fail:    func(_ string, err error, _ string, _ func()) { o.failed = err },
		Changed: func() {}, InUse: func(m Model) bool { return m.Dir == o.inUse },
		Linked: func(dir string, here bool) {
			if here {
				o.linked = append(o.linked, dir)
			} else {
				o.linked = slices.DeleteFunc(o.linked, func(d string) bool { return d == dir })
			}
		},
		Open: func(dir string) { o.opened = dir }})
	return o
}

func (o *owner) until(done func() bool) {
	o.t.Helper()
	for end := time.After(10 * time.Second); !done(); {
		select {
		case f := <-o.posted:
			f()
		case <-end:
			o.t.Fatalf("it did not come: %+v, %v", o.told, o.failed)
		}
	}
}

// Models are found by name in any case, by folder, and "" is the first; added ones are listed once and in order.
func TestList(t *testing.T) {
	o := open(t, Model{Name: "First", Dir: "a", Shipped: true}, Model{Name: "second", Dir: "b"})
	for name, want := range map[string]string{"": "a", "FIRST": "a", "b": "b", "Second": "b", "third": ""} {
		if m, ok := o.Named(name); m.Dir != want || ok != (want != "") {
			t.Errorf("%q is %q", name, m.Dir)
		}
	}
	o.AddModel(Model{Name: "mine", Dir: "c"})
	o.AddModel(Model{Name: "renamed", Dir: "b"})
	o.AddModel(Model{Name: "fetched", Dir: "d", Fetched: true})
	if len(o.Models) != 4 || o.Models[1].Name != "renamed" || !slices.Equal(o.linked, []string{"c"}) {
		t.Errorf("%+v, linked %v", o.Models, o.linked)
	}
}

// A fetched model is listed and can be used at once; a repository that requires a token is reported; a removed
// download ends.
func TestFetch(t *testing.T) {
	o := open(t)
	o.Fetch(" artist/tiny ")
	o.Fetch("artist/tiny") // once
	if len(o.Downloads) != 1 || o.Downloads[0].Name != "artist/tiny" {
		t.Fatalf("%+v", o.Downloads)
	}
	if slices.ContainsFunc(o.Starters(), func(s Starter) bool { return s.Reference == "artist/tiny" }) {
		t.Error("what is on its way is offered")
	}
	o.until(func() bool { return len(o.Downloads) == 0 })
	m, ok := o.Named("artist--tiny")
	if !ok {
		m = o.Models[0]
	}
	if data, err := os.ReadFile(filepath.Join(m.Dir, "unet", "model.onnx")); string(data) != "onnx" || o.told == nil || o.told.Do == nil {
		t.Fatalf("%q, %v, %+v", data, err, o.told)
	}
	if o.told.Do(); o.opened != m.Dir {
		t.Errorf("it opened %q", o.opened)
	}
	o.Fetch("artist/gated")
	o.until(func() bool { return len(o.Downloads) == 1 && o.Downloads[0].Err != nil })
	if !o.Downloads[0].Locked {
		t.Errorf("a repository that wants a token: %v", o.Downloads[0].Err)
	}
	o.Fetch("artist/none")
	o.until(func() bool { return len(o.Downloads) == 2 && o.Downloads[1].Err != nil })
	if o.Downloads[1].Locked {
		t.Error("what is not there wants no token")
	}
	o.CancelFetch(o.Downloads[0])
	if len(o.Downloads) != 1 || o.Downloads[0].Name != "artist/none" {
		t.Errorf("%+v", o.Downloads)
	}
}

// The reason why a download waits is translated; in English it is the error's own text.
func TestWaits(t *testing.T) {
	o := open(t)
	d := &Download{}
	if o.Waits(d) != "" {
		t.Error("it waits while bytes come")
	}
	d.Progress = hub.Progress{Notice: "again in 3 s", Fault: hub.ErrStall}
	if o.Waits(d) != "again in 3 s" {
		t.Error(o.Waits(d))
	}
	o.hooks.Say = strings.ToUpper
	if o.Waits(d) != strings.ToUpper(WaitReasons[1]) {
		t.Error(o.Waits(d))
	}
}

// A fetched model goes to the trash and can be restored; one in use and one that ships are kept; a linked folder is
// not moved.
func TestRemove(t *testing.T) {
	o := open(t, Model{Name: "shipped", Dir: "s", Shipped: true})
	dir := filepath.Join(o.options.Store, "mine")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "weights"), make([]byte, 3_000_000), 0o644); err != nil {
		t.Fatal(err)
	}
	m := Model{Name: "mine", Dir: dir, Fetched: true}
	o.AddModel(m)
	o.RemoveModel(o.Models[0])
	o.inUse = dir
	if o.RemoveModel(m); len(o.Models) != 2 || o.told.Advice == "" {
		t.Fatal("a model in use was removed")
	}
	o.inUse = ""
	o.RemoveModel(m)
	if _, err := os.Stat(dir); err == nil || len(o.Models) != 1 || o.TrashSize() != 3_000_000 {
		t.Errorf("%v, %d bytes in the trash", err, o.TrashSize())
	}
	o.told.Do()
	if _, err := os.Stat(filepath.Join(dir, "weights")); err != nil || len(o.Models) != 2 || o.TrashSize() != 0 {
		t.Error("it does not come back", err)
	}
	o.RemoveModel(m)
	undo := o.told.Do
	o.EmptyTrash()
	if o.TrashSize() != 0 || !strings.HasPrefix(o.told.Headline, "3 MB") {
		t.Errorf("%+v", o.told)
	}
	if undo(); o.failed == nil || len(o.Models) != 1 {
		t.Error("what is gone for good came back")
	}
	own := Model{Name: "own", Dir: t.TempDir()}
	o.AddModel(own)
	o.RemoveModel(own)
	if _, err := os.Stat(own.Dir); err != nil || len(o.linked) != 0 || len(o.Models) != 1 {
		t.Error("a folder of the artist's own was touched", err, o.linked)
	}
}

// The folders added in place are read from the journal of a data folder, even if a studio has it open.
func TestLinkedFolders(t *testing.T) {
	home := t.TempDir()
	if folders, roots := Linked(home); folders != nil || roots != nil {
		t.Error("folders of nothing")
	}
	j, err := journal.Open(disk.OS{}, home)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Commit(map[string][]byte{"settings": []byte(`{"Folders": ["/models/a", "/models/b"], "Roots": ["/ComfyUI"]}`)}); err != nil {
		t.Fatal(err)
	}
	if err := j.Sync(false); err != nil {
		t.Fatal(err)
	}
	if got, roots := Linked(home); !slices.Equal(got, []string{"/models/a", "/models/b"}) || !slices.Equal(roots, []string{"/ComfyUI"}) {
		t.Error(got, roots)
	}
}
