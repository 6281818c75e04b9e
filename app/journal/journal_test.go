package journal

import (
	"image"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/disk"
)

func open(t *testing.T, folder string) *Journal {
	t.Helper()
	j, err := Open(disk.OS{}, folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func picture64(v byte) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = v + byte(i)
	}
	return img
}

// hand names a picture in a record, as the studio does.
func hand(t *testing.T, j *Journal, img *image.RGBA) string {
	t.Helper()
	var err error
	name := j.Blobs.Color(img, &err)
	if err == nil {
		err = j.Commit(map[string][]byte{"document": []byte(name)})
	}
	if err != nil {
		t.Fatal(err)
	}
	j.Blobs.Keep(map[string]bool{name: true})
	return name
}

func files(t *testing.T, folder string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(filepath.Join(folder, "state"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		names = append(names, f.Name())
	}
	return names
}

// What was handed over is there for a program that starts on the files as they lie there now, before any settling.
func TestHandOutlastsTheProgram(t *testing.T) {
	folder, copied := t.TempDir(), t.TempDir()
	j := open(t, folder)
	img := picture64(1)
	name := hand(t, j, img)
	if got := files(t, folder); len(got) != 0 {
		t.Errorf("handing over wrote files: %v", got)
	}
	if err := os.CopyFS(copied, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	k := open(t, copied)
	look := func() {
		t.Helper()
		var err error
		got := k.Blobs.LoadColor(name, &err)
		if data, e := k.Record("document"); err != nil || e != nil || string(data) != name || string(got.Pix) != string(img.Pix) {
			t.Fatal("record and picture did not come back", err, e)
		}
	}
	look()
	k.Blobs.Keep(map[string]bool{name: true})
	if err := k.Sync(false); err != nil {
		t.Fatal(err)
	}
	if names, err := k.Names("blob/"); err != nil || len(names) > 0 || len(files(t, copied)) != 1 {
		t.Errorf("synced: records %v, files %v, %v", names, files(t, copied), err)
	}
	look()
}

// Pictures that no record names go, but not before the records on the disk do without them, and not those of records on their way.
func TestSyncSweeps(t *testing.T) {
	folder := t.TempDir()
	j := open(t, folder)
	sweep := func(want ...string) {
		t.Helper()
		if err := j.Sync(false); err != nil {
			t.Fatal(err)
		}
		got := files(t, folder)
		if len(got) != len(want) {
			t.Fatalf("files %v, want %v", got, want)
		}
		for _, w := range want {
			if _, err := os.Stat(filepath.Join(folder, "state", w)); err != nil {
				t.Error(err)
			}
		}
	}
	a, b := picture64(1), picture64(2)
	first := hand(t, j, a)
	sweep(first)
	second := hand(t, j, b) // first is not named any more
	sweep(second)
	var err error
	if again := j.Blobs.Color(a, &err); again != first || err != nil { // named, its record not yet handed over
		t.Fatal(err)
	}
	sweep(second)
	if err := j.Commit(map[string][]byte{"tray": []byte(first)}); err != nil {
		t.Fatal(err)
	}
	sweep(first, second)
	os.Remove(filepath.Join(folder, "state", first)) // by someone else
	j.Blobs.Color(a, &err)
	if err := j.Commit(map[string][]byte{"tray": []byte(first)}); err != nil {
		t.Fatal(err)
	}
	sweep(first, second)
}
