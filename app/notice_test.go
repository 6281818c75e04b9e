package app

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"nirvana/app/disk"
	"nirvana/app/files"
	"nirvana/app/project"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/models"
	"nirvana/models/hub"
	"nirvana/models/safetensors"
)

func TestAdvice(t *testing.T) {
	studio(t, func(b *bench) {
		for _, c := range []struct {
			err  error
			want string
		}{
			{errors.New("notes.txt: this is no picture: use PNG (image: unknown format)"), "notes.txt: this is no picture: use PNG"},
			{errors.New("a b, 100 %.png: it is cut off: open another"), "a b, 100 %.png: it is cut off: open another"},
			{errors.New("the prompt names the LoRA \"x\", and there is no x.safetensors in /home/a/loras: put it there"), "The prompt names the LoRA \"x\", and there is no x.safetensors in /home/a/loras: put it there"},
			{errors.New("step 3 of 20: the model gave no numbers\nand more"), "Step 3 of 20: the model gave no numbers"},
			{fmt.Errorf("x: %w", fs.ErrPermission), "It may not be read or written here: change its permissions, or choose another folder."},
			{errors.New("(odd)"), "(odd)"},
		} {
			if got := b.Advice(c.err); got != c.want {
				t.Errorf("%q is told as %q", c.err, got)
			}
		}
	})
}

// failures are the common ones, made for real, with their kinds.
func failures(t *testing.T) map[string]struct {
	err  error
	want fault.Kind
} {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file("part/unet/model.onnx", "x")
	text := file("notes.txt", "no picture")
	var picture bytes.Buffer
	if err := png.Encode(&picture, noisy(40, 40, 1)); err != nil {
		t.Fatal(err)
	}
	vast := bytes.Clone(picture.Bytes())
	copy(vast[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // 65536 x 65536 px
	binary.BigEndian.PutUint32(vast[29:], crc32.ChecksumIEEE(vast[12:29]))
	read := func(dir string) error { _, err := models.Read(dir); return err }
	decode := func(data []byte) error { _, err := pixel.Decode(bytes.NewReader(data)); return err }
	_, noLoRA := models.Folder{Dir: dir}.LoRA("crane")
	_, broken := safetensors.Read(file("broken.safetensors", "xxxxxxxxxxxxxxxxxxxx"))
	_, noProject := project.Read(disk.OS{}, text)
	_, gone := pixel.Load(filepath.Join(dir, "gone.png"))
	format := files.Export{Picture: image.NewRGBA(image.Rect(0, 0, 1, 1)), Straight: func(img *image.RGBA) image.Image { return img }}.Write("a.tga")
	return map[string]struct {
		err  error
		want fault.Kind
	}{
		"no model":         {read(dir), fault.NoModel},
		"a file":           {read(text), fault.NoModel},
		"half a model":     {read(filepath.Join(dir, "part")), fault.Incomplete},
		"no such model":    {read(filepath.Join(dir, "gone")), fault.Missing},
		"no picture":       {decode([]byte("text")), fault.NoPicture},
		"half a picture":   {decode(picture.Bytes()[:picture.Len()/2]), fault.Damaged},
		"too large":        {decode(vast), fault.TooLarge},
		"a picture gone":   {gone, fault.Missing},
		"unwritable":       {pixel.WriteFile(filepath.Join(text, "picture.png"), nil), fault.Unwritable},
		"unwritable state": {disk.Write(disk.OS{}, filepath.Join(text, "state"), func(io.Writer) error { return nil }), fault.Unwritable},
		"another format":   {format, fault.Format},
		"no LoRA":          {noLoRA, fault.NoLoRA},
		"broken adapter":   {broken, fault.Adapter},
		"no project":       {noProject, fault.Project},
		"newer":            {fmt.Errorf("p.ora: %w", files.ErrNewer), fault.Newer},
		"full":             {fmt.Errorf("x: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}), fault.Full},
		"not permitted":    {fault.Unwritable.Errorf("x: %w", fs.ErrPermission), fault.Denied},
		"something else":   {errors.New("x"), fault.Other},
	}
}

// hubFailures are a hub's.
func hubFailures(t *testing.T) map[string]struct {
	err  error
	want fault.Kind
} {
	look := func(answer http.HandlerFunc, gone bool) error {
		s := httptest.NewServer(answer)
		defer s.Close()
		if gone {
			s.Close()
		}
		_, err := hub.Client{Endpoint: s.URL, Tries: 1, Token: "x"}.Look(context.Background(), "a/b", "")
		return err
	}
	status := func(code int, what string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Error-Code", what)
			w.WriteHeader(code)
		}
	}
	full := hub.Client{Free: func(string) (uint64, error) { return 1, nil }}.Fetch(context.Background(),
		hub.Repository{Name: "a/b", Files: []hub.File{{Path: "f", Size: 5}}}, filepath.Join(t.TempDir(), "model"), nil)
	return map[string]struct {
		err  error
		want fault.Kind
	}{
		"gated":         {look(status(403, "GatedRepo"), false), fault.Gated},
		"wrong token":   {look(status(401, ""), false), fault.Gated},
		"no repository": {look(status(404, "RepoNotFound"), false), fault.NoRepository},
		"busy":          {look(status(503, ""), false), fault.Hub},
		"nonsense":      {look(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, false), fault.Hub},
		"no network":    {look(nil, true), fault.Offline},
		"cut": {look(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "{")
		}, false), fault.Cut},
		"no room": {full, fault.Full},
	}
}

// In another language every common failure has advice of its own, and none of it is the error's English.
func TestAdviceOfFailures(t *testing.T) {
	s, err := New(Options{Post: func(f func()) { f() }, Say: func(text string) string { return "said: " + text }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all := failures(t)
	for name, f := range hubFailures(t) {
		all[name] = f
	}
	for name, f := range all {
		if f.err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if got := s.Advice(f.err); got != "said: "+string(f.want) {
			t.Errorf("%s: %v: advice %q, want %q", name, f.err, got, f.want)
		}
	}
}
