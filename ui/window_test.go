package ui

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"nirvana/app"
)

// scrap is a clipboard in memory.
type scrap struct{ png []byte }

func (s *scrap) WriteImage(png []byte) error { s.png = png; return nil }

func (s *scrap) ReadImage() ([]byte, error) { return s.png, nil }

// window opens one over an empty studio that keeps everything in memory.
func window(t testing.TB, o Options) *Window {
	t.Helper()
	a := testApp(t)
	s, err := app.New(app.Options{Post: fyne.Do})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return New(a, s, o)
}

// file writes a picture of one colour.
func file(t *testing.T, name string, w, h int, c color.NRGBA) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, encoded(t, w, h, c), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func encoded(t *testing.T, w, h int, c color.NRGBA) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.SetNRGBA(i%w, i/w, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (w *Window) size() image.Point {
	if w.studio.Document.Picture == nil {
		return image.Point{}
	}
	return w.studio.Document.Picture.Rect.Size()
}

func TestDrop(t *testing.T) {
	folder := t.TempDir()
	w := window(t, Options{ReadModel: func(dir string) (app.ModelInfo, error) {
		if dir == folder {
			return app.ModelInfo{Name: "mine", Dir: dir}, nil
		}
		return app.ModelInfo{}, errors.New("no model")
	}})
	drop := func(path string) { w.dropped([]fyne.URI{storage.NewFileURI(path)}) }

	drop(file(t, "blue.png", 30, 20, color.NRGBA{0, 0, 255, 255}))
	if w.size() != image.Pt(30, 20) || w.studio.Document.Picture.RGBAAt(3, 3) != (color.RGBA{0, 0, 255, 255}) {
		t.Fatalf("a dropped picture of 30x20 gave %v", w.size())
	}
	before := w.studio.Document.Picture
	broken := file(t, "broken.png", 30, 20, color.NRGBA{255, 0, 0, 255})
	if err := os.Truncate(broken, 40); err != nil {
		t.Fatal(err)
	}
	drop(broken)
	if w.studio.Notice == nil || !strings.Contains(w.studio.Notice.Headline, "cannot be opened") || w.studio.Document.Picture != before {
		t.Errorf("after a broken picture: notice %+v, picture changed: %v", w.studio.Notice, w.studio.Document.Picture != before)
	}
	drop(folder)
	if w.studio.Settings.Model != "mine" {
		t.Errorf("a dropped model folder left the model %q", w.studio.Settings.Model)
	}
	w.dropped(nil)
}

func TestClipboard(t *testing.T) {
	c := &scrap{}
	w := window(t, Options{Clipboard: c})
	w.pastePicture()
	if w.studio.Notice == nil || w.size() != (image.Point{}) {
		t.Errorf("pasting nothing: notice %+v, picture %v", w.studio.Notice, w.size())
	}
	w.copyPicture()
	if c.png != nil {
		t.Error("an empty canvas was copied")
	}
	c.png = encoded(t, 12, 34, color.NRGBA{10, 200, 30, 255})
	w.pastePicture()
	if w.size() != image.Pt(12, 34) {
		t.Fatalf("a pasted picture of 12x34 gave %v", w.size())
	}
	c.png = nil
	w.copyPicture()
	img, err := png.Decode(bytes.NewReader(c.png))
	if err != nil || img.Bounds().Size() != image.Pt(12, 34) || color.NRGBAModel.Convert(img.At(5, 5)) != (color.NRGBA{10, 200, 30, 255}) {
		t.Errorf("the copy is not the picture: %v", err)
	}
	w.studio.Document.Undo()
	if w.size() != (image.Point{}) {
		t.Errorf("pasting is not undone: %v", w.size())
	}
}

// Nothing of Fyne's may be left to run between the end of its main loop and the end of the program.
func TestStopHookDropped(t *testing.T) {
	l := test.NewTempApp(t).Lifecycle()
	hook := l.(interface {
		SetOnStoppedHookExecuted(func())
		OnStopped() func()
	})
	hook.SetOnStoppedHookExecuted(func() {})
	if dropStopHook(l); hook.OnStopped() != nil {
		t.Error("Fyne still has something to do when it stops")
	}
}
