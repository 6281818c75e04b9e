package ui

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"

	"nirvana/app"
)

// slowly is a clipboard and a reader of model folders that answer only when they may.
type slowly struct {
	begun, leave chan bool
	png          []byte
}

func (s *slowly) wait() {
	s.begun <- true
	<-s.leave
}

func (s *slowly) ReadImage() ([]byte, error) {
	s.wait()
	return s.png, nil
}

func (s *slowly) WriteImage([]byte) error {
	s.wait()
	return nil
}

func (s *slowly) model(dir string) (app.ModelInfo, error) {
	s.wait()
	return app.ModelInfo{Name: "mine", Dir: dir}, nil
}

// Reading dropped files, the clipboard and checkpoints, and looking for what hangs together, keeps the window's goroutine from
// nothing: each call comes back before the work is done, and what came of it is taken on that goroutine.
func TestWindowDoesNotWait(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 32, 32))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	slow := &slowly{begun: make(chan bool), leave: make(chan bool), png: b.Bytes()}
	posted := make(chan func(), 100)
	s, err := app.New(app.Options{Post: func(f func()) { posted <- f }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	fyneApp := testApp(t)
	w := New(fyneApp, s, Options{ReadModel: slow.model, Clipboard: slow})
	w.shown = true
	until := func(what string, done func() bool) {
		t.Helper()
		for end := time.After(10 * time.Second); !done(); {
			select {
			case f := <-posted:
				f()
				fyneApp.run()
			case <-end:
				t.Fatal("nothing came of", what)
			}
		}
	}
	folder := filepath.Join(t.TempDir(), "mine")
	for _, c := range []struct {
		what string
		do   func()
		done func() bool
	}{
		{"a dropped folder", func() { w.dropped([]fyne.URI{storage.NewFileURI(folder)}) }, func() bool { return len(s.Models) == 1 }},
		{"pasting", w.pastePicture, func() bool { return s.Document.Picture != nil }},
	} {
		c.do()
		<-slow.begun // on another goroutine, or this would never come
		if c.done() {
			t.Errorf("%s: done before it was read", c.what)
		}
		slow.leave <- true
		until(c.what, c.done)
	}
	w.copyPicture()
	<-slow.begun
	slow.leave <- true
	s.Set(func(t *app.Settings) { t.Paint.On, t.Paint.Front = true, color.NRGBA{200, 0, 0, 255} })
	was := s.Document.Picture
	w.fill(image.Pt(4, 4))
	if s.Document.Picture != was {
		t.Error("the fill was worked out on the window's goroutine")
	}
	until("the fill", func() bool { return s.Document.CanUndo() == "fill" })
	s.Document.Flood(image.Pt(4, 4), 9, app.Add)
	if s.Document.Masked() {
		t.Error("the selection was worked out on the window's goroutine")
	}
	until("the selection", s.Document.Masked)
}
