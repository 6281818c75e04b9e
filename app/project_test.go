package app

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/app/files"
	"nirvana/app/project"
	"nirvana/engine/pixel"
)

func studioAt(t *testing.T, home string) *child {
	t.Helper()
	c, err := openChild(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (c *child) save(path string) error {
	var err error
	ended := false
	c.SaveProject(path, func(e error) { err, ended = e, true })
	c.until(func() bool { return ended })
	return err
}

// painted is a studio with everything that a project holds.
func painted(t *testing.T) *child {
	c := studioAt(t, t.TempDir())
	img := noisy(300, 200, 3)
	copy(img.Pix, []byte{77, 3, 99, 100}) // half transparent: PNG would round it
	c.Document.Set(img)
	strokeThrough(c.Document, Brush{Size: 30, Softness: 1, Opacity: 0.8}, [2]float32{40, 40}, [2]float32{200, 90})
	strokeThrough(c.Document, Brush{Size: 6, Opacity: 1, Scribble: true}, [2]float32{20, 150}, [2]float32{250, 120})
	strokeThrough(c.Document, Brush{Size: 40, Softness: 1, Opacity: 1, Select: true}, [2]float32{250, 20}, [2]float32{120, 150})
	c.Document.Place(plain(50, 60, color.RGBA{1, 2, 3, 255}), image.Pt(280, 20)) // grows the canvas
	c.Document.Expand(10, 0, 0, 0)
	c.Undo()
	c.Document.SetFrame(image.Rect(-500, 0, -436, 64))
	c.Set(func(s *Settings) { s.Prompt, s.Steps = "a kite over the sea", 3 })
	c.Generate()
	if !c.until(func() bool { return len(c.Tray.Candidates) == 1 && c.Tray.Candidates[0].Stored > 0 }) {
		t.Fatal("no candidate")
	}
	return c
}

func TestProject(t *testing.T) {
	a := painted(t)
	path := filepath.Join(t.TempDir(), "kite.ora")
	a.Set(func(s *Settings) {
		s.Language, s.Threads, s.Folders, s.Window = "ja", 7, []string{"/a"}, [2]int{900, 700}
	})
	if err := a.save(path); err != nil {
		t.Fatal(err)
	}
	if a.Document.Unsaved || a.Document.Project != path {
		t.Error("saved, but not known as saved")
	}
	b := studioAt(t, t.TempDir())
	b.Set(func(s *Settings) { s.Folders = []string{"/b"} })
	a.Document.LeaveProject()
	a.Settle("") // let go of its lock
	if err := b.OpenProject(path, false); err != nil {
		t.Fatal(err)
	}
	if b.Notice != nil || b.Document.Project != path || b.Document.Unsaved || b.Settings.Prompt != "a kite over the sea" {
		t.Errorf("%+v %q", b.Notice, b.Settings.Prompt)
	}
	if s := b.Settings; s.Language != "" || s.Threads != 0 || !slices.Equal(s.Folders, []string{"/b"}) || s.Window != [2]int{} {
		t.Errorf("a project brought another machine's settings: %+v", s)
	}
	if n, _ := b.History.Count("kite"); n != 1 {
		t.Errorf("%d pictures came along into the history", n)
	}
	if len(b.Tray.Candidates) != 1 || !bytes.Equal(b.Tray.Candidates[0].Picture.Pix, a.Tray.Candidates[0].Picture.Pix) {
		t.Error("the candidate is another")
	}
	a.Panel.ForgetUndo() // of what was set a project has no steps
	for i := 0; ; i++ {
		if a.digest() != b.digest() {
			t.Fatalf("after %d steps back they differ: %q and %q", i, a.CanUndo(), b.CanUndo())
		}
		if x, y := a.Undo(), b.Undo(); x != y {
			t.Fatal("undo ends elsewhere")
		} else if !x {
			break
		}
	}
	for a.Redo() && b.Redo() {
	}
	if a.digest() != b.digest() {
		t.Error("redone they differ")
	}
}

// rewritten changes a project's entries as another program would.
func rewritten(t *testing.T, path string, change func(name string, data []byte) []byte, more map[string]string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name string, data []byte) {
		to, err := w.CreateHeader(&zip.FileHeader{Name: name})
		if err == nil {
			_, err = to.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		put(f.Name, change(f.Name, data))
	}
	for name, text := range more {
		put(name, []byte(text))
	}
	if err := errors.Join(w.Close(), os.WriteFile(path, out.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func entryNames(t *testing.T, path string) (names []string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	return names
}

func TestProjectAndOtherPrograms(t *testing.T) {
	a := painted(t)
	path := filepath.Join(t.TempDir(), "kite.ora")
	if err := a.save(path); err != nil {
		t.Fatal(err)
	}
	if names := entryNames(t, path); names[0] != "mimetype" {
		t.Errorf("the first entry is %q: readers look for mimetype there", names[0])
	}
	same := func(_ string, data []byte) []byte { return data }
	rewritten(t, path, same, map[string]string{"other/notes.txt": "keep me"})
	if err := a.save(path); err == nil || !strings.Contains(err.Error(), "changed by another program") {
		t.Errorf("a file that others changed was overwritten: %v", err)
	}
	other := filepath.Join(filepath.Dir(path), "other.ora")
	os.Rename(path, other)
	if err := a.save(other); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(entryNames(t, other), "other/notes.txt") {
		t.Error("an entry that we do not know was lost")
	}
	second := studioAt(t, t.TempDir())
	if err := second.OpenProject(other, false); err != nil || second.Notice == nil || second.Document.Project != other {
		t.Errorf("a second studio on the project: %v, notice %+v", err, second.Notice)
	}
	if err := second.save(other); err == nil {
		t.Error("a second studio wrote the project")
	}
	a.Document.LeaveProject()
	a.Settle("")
	red, _ := project.PNG(plain(100, 100, color.RGBA{255, 0, 0, 255}))
	z, _ := project.Read(a.options.Disk, other)
	source := z.Layers[len(z.Layers)-1].Source
	rewritten(t, other, func(name string, data []byte) []byte {
		if name == source {
			return red
		}
		return data
	}, nil)
	if err := second.OpenProject(other, false); err != nil || second.Document.Picture.RGBAAt(50, 50) != (color.RGBA{255, 0, 0, 255}) || second.CanUndo() != "" {
		t.Errorf("what another program painted is not there: %v", err)
	}
	second.Document.LeaveProject()
	second.Settle("")
	rewritten(t, other, func(name string, data []byte) []byte {
		return bytes.Replace(data, []byte(`{"Version":1`), []byte(`{"Version":7`), 1)
	}, nil)
	before := second.digest()
	if err := second.OpenProject(other, false); !errors.Is(err, files.ErrNewer) || second.digest() != before {
		t.Errorf("a newer project: %v", err)
	}
	if err := second.OpenProject(other, true); err != nil || second.Document.Picture.RGBAAt(550, 50) != (color.RGBA{255, 0, 0, 255}) {
		t.Errorf("its picture alone: %v", err)
	}
}

// What is on the canvas is set aside before another project takes its place.
func TestOpeningLosesNothing(t *testing.T) {
	a := painted(t)
	path := filepath.Join(t.TempDir(), "kite.ora")
	if err := a.save(path); err != nil {
		t.Fatal(err)
	}
	a.Document.LeaveProject()
	a.Settle("")
	home := t.TempDir()
	b := studioAt(t, home)
	b.Document.Set(noisy(64, 64, 9))
	want := b.Document.Picture
	if err := b.OpenProject(path, false); err != nil {
		t.Fatal(err)
	}
	b.Recorder.Wait()
	kept, _ := filepath.Glob(filepath.Join(home, "earlier", "*.ora"))
	if len(kept) != 1 {
		t.Fatalf("set aside: %v", kept)
	}
	if err := b.OpenProject(kept[0], false); err != nil || !bytes.Equal(b.Document.Picture.Pix, want.Pix) {
		t.Errorf("what was set aside is another: %v", err)
	}
}

// GIMP 3.0 cuts layers when it saves, but not the merged picture: that is what was seen.
func TestImportCutLayers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gimp.ora")
	red := color.RGBA{200, 0, 0, 255}
	cut, _ := project.PNG(image.NewRGBA(image.Rect(0, 0, 8, 8)))
	for merged, want := range map[color.RGBA]color.RGBA{red: red, {3, 3, 3, 3}: {}} { // the other is but rounding away
		whole, _ := project.PNG(plain(8, 8, merged))
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, e := range [][2]string{{"mimetype", "image/openraster"}, {"mergedimage.png", string(whole)}, {"data/a.png", string(cut)},
			{"stack.xml", `<?xml version="1.0"?><image w="8" h="8"><stack><layer name="Picture" src="data/a.png"/></stack></image>`}} {
			to, _ := w.CreateHeader(&zip.FileHeader{Name: e[0]})
			to.Write([]byte(e[1]))
		}
		w.Close()
		os.WriteFile(path, out.Bytes(), 0o644)
		c := studioAt(t, t.TempDir())
		if err := c.OpenProject(path, false); err != nil || c.Document.Picture.RGBAAt(5, 5) != want {
			t.Errorf("merged %v: %v, %v", merged, c.Document.Picture.RGBAAt(5, 5), err)
		}
	}
}

// A file as MyPaint and Krita write them: groups, offsets, opacity, a mask.
func TestImportLayers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foreign.ora")
	green, _ := project.PNG(plain(4, 4, color.RGBA{0, 200, 0, 255}))
	white, _ := project.PNG(plain(8, 8, color.RGBA{255, 255, 255, 255}))
	merged, _ := project.PNG(plain(8, 8, color.RGBA{9, 9, 9, 255}))
	write := func(op string) {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, e := range [][2]string{{"mimetype", "image/openraster"}, {"mergedimage.png", string(merged)}, {"data/a.png", string(green)}, {"data/b.png", string(white)},
			{"stack.xml", `<?xml version="1.0"?><image w="8" h="8"><stack><layer name="mask" src="data/a.png" x="2" y="3"/><layer name="Scribble" src="data/a.png" x="4" y="0"/>
			<stack x="1" y="1" opacity="0.5"><layer src="data/a.png" x="1" composite-op="` + op + `"/><layer src="data/a.png" visibility="hidden"/></stack>
			<layer name="ground" src="data/b.png"/></stack></image>`}} {
			to, _ := w.CreateHeader(&zip.FileHeader{Name: e[0]})
			to.Write([]byte(e[1]))
		}
		w.Close()
		os.WriteFile(path, out.Bytes(), 0o644)
	}
	write("svg:src-over")
	c := studioAt(t, t.TempDir())
	if err := c.OpenProject(path, false); err != nil {
		t.Fatal(err)
	}
	d := c.Document
	if p := d.Picture.RGBAAt(3, 2); p.R < 126 || p.R > 129 || p.G < 226 || p.G > 229 || p.A != 255 {
		t.Errorf("half green over white is %v", p)
	}
	if d.Picture.RGBAAt(0, 0) != (color.RGBA{255, 255, 255, 255}) || d.Project != "" {
		t.Error("the ground is another, or a foreign file would be written over")
	}
	if pixel.Bounds(d.Mask) != image.Rect(2, 3, 6, 7) || d.Mask.GrayAt(3, 4).Y != 255 {
		t.Errorf("the mask is at %v", pixel.Bounds(d.Mask))
	}
	if pixel.Bounds(d.Scribble) != image.Rect(4, 0, 8, 4) {
		t.Errorf("the scribble is at %v", pixel.Bounds(d.Scribble))
	}
	write("krita:dissolve")
	if err := c.OpenProject(path, false); err != nil || d.Picture.RGBAAt(0, 0) != (color.RGBA{9, 9, 9, 255}) {
		t.Errorf("with a mode that only another program has the merged picture counts: %v", err)
	}
}

// The clock may be set back while everything goes on.
func TestClockJumps(t *testing.T) {
	c := studioAt(t, t.TempDir())
	at := time.Unix(2000000000, 0)
	c.options.Now = func() time.Time { at = at.Add(-time.Hour); return at }
	c.Set(func(s *Settings) { s.Prompt, s.Steps = "first", 3 })
	for i := range 2 {
		c.Generate()
		c.until(func() bool { return len(c.Tray.Candidates) == i+1 && c.Tray.Candidates[i].Stored > 0 })
		if r := c.Run(); r.PerStep < 0 || r.Left() < 0 {
			t.Errorf("a step takes %v", r.PerStep)
		}
		c.Set(func(s *Settings) { s.Prompt = "second" })
	}
	if list, err := c.History.List("", 0, 9); err != nil || len(list) != 2 || list[0].Recipe.Prompt != "second" {
		t.Error("the newest is not first", err, fmt.Sprint(list))
	}
}

// testdata/krita.ora was saved by Krita 5.1.5 from a project of ours: a picture
// of 128 x 128 px and a hidden layer Mask, which Krita cut to what is painted.
func TestImportFromKrita(t *testing.T) {
	c := studioAt(t, t.TempDir())
	if err := c.OpenProject(filepath.Join("testdata", "krita.ora"), false); err != nil {
		t.Fatal(err)
	}
	d := c.Document
	const pixels = "839e5898b4c147937a1c2051d177fc4cedf325a103371e38f637558efda6b788" // by ImageMagick, of the layer that Krita read
	if sum := fmt.Sprintf("%x", sha256.Sum256(d.Picture.Pix)); sum != pixels {
		t.Errorf("the picture's pixels are %s", sum)
	}
	if b := pixel.Bounds(d.Mask); b.Min.X < 20 || b.Min.Y < 36 || b.Empty() || d.Mask.GrayAt(50, 65).Y < 200 {
		t.Errorf("the mask is at %v, %d in its middle", b, d.Mask.GrayAt(50, 65).Y)
	}
}
