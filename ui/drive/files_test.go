//go:build window

package drive

import (
	"archive/zip"
	"bytes"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/app/recipe"
)

// TestWindowFiles exports a picture as JPEG and as WebP and drops the files on the window: the settings that they carry
// make the same picture again, step for step. Then a project is saved, and one of a newer program is refused.
func TestWindowFiles(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.oneSeed()
	s.run()
	s.must(s.display.Click(s.at(60, 400)))
	s.trails(1)
	photo, lossless := s.saved("ctrl+e", "heart.jpg"), s.saved("ctrl+e", "heart.webp")

	notice := image.Rect(62, 36, 850, 96)
	drop := func(path string) {
		t.Helper()
		before := s.show(notice)
		s.must(s.display.Drop(s.window, s.spot(0.5, 0.5), path))
		s.must(eventually(runLimit, func() (bool, error) { return far(s.show(notice), before) > 0.3, nil }))
		s.settle()
	}
	drop(lossless)
	s.state("files-1-webp")
	s.must(s.display.Click(s.at(855, 66))) // Use its settings
	s.press("ctrl+n")
	s.must(s.display.Press("ctrl+Return"))
	all := s.trails(2)
	if !slices.Equal(all[0], all[1]) {
		t.Error("with the settings of the WebP file another picture comes out")
	}
	s.rest()
	drop(photo)
	s.again()
	if all = s.trails(3); !slices.Equal(all[0], all[2]) || !slices.Equal(all[0], all[1]) {
		t.Error("the picture of the JPEG file, made again, is another")
	}
	s.rest()
	s.state("files-2-jpeg-again")

	project := s.saved("ctrl+s", "heart.ora")
	kept := s.part()
	newer := filepath.Join(s.home, "newer.ora")
	s.must(os.WriteFile(newer, newerProject(t, project), 0o644))
	drop(newer)
	s.state("files-3-newer")
	if !s.same(kept) {
		t.Error("a project of a newer program changed the picture")
	}
}

// saved presses a key that asks for a file, types its name, and waits until it is there.
func (s *studio) saved(key, name string) string {
	s.Helper()
	s.must(s.display.Press(key))
	_, err := s.program.Window("(Save|Export)", 20*time.Second)
	s.must(err)
	path := filepath.Join(s.home, name)
	s.must(s.display.Press("ctrl+a"))
	s.must(s.display.Type(path))
	s.must(s.display.Press("Return"))
	s.must(eventually(20*time.Second, func() (bool, error) {
		info, err := os.Stat(path) // written beside it and renamed
		return err == nil && info.Size() > 0, nil
	}))
	_, err = s.program.Window(".*Nirvana", 20*time.Second) // the document's name is before it
	s.must(err)
	s.settle()
	return path
}

// again presses Picture > Reproduce and compare.
func (s *studio) again() {
	s.Helper()
	s.appears(func() { s.must(s.display.Click(s.at(154, 12))) })
	s.must(s.display.Press(menu(6)...))
}

// trails waits until so many pictures are stored and gives their steps' hashes.
func (s *studio) trails(n int) (all [][]string) {
	s.Helper()
	s.must(eventually(runLimit, func() (bool, error) {
		files, err := filepath.Glob(filepath.Join(s.home, "pictures", "*.png"))
		if len(files) < n || err != nil {
			return false, err
		}
		all = nil
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				return false, nil // it is being renamed
			}
			r, err := recipe.Extract(data)
			if err != nil || len(r.Hashes) < 2 {
				s.Fatalf("%s carries no steps: %v", path, err)
			}
			all = append(all, r.Hashes)
		}
		return true, nil
	}))
	return all
}

// newerProject is a project as a later version of the program might save it.
func newerProject(t *testing.T, path string) []byte {
	t.Helper()
	from, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	var out bytes.Buffer
	to := zip.NewWriter(&out)
	for _, f := range from.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "nirvana/project.json" {
			changed := strings.Replace(string(data), `"Version":1,`, `"Version":99,`, 1)
			if changed == string(data) {
				t.Fatal("no version to change")
			}
			data = []byte(changed)
		}
		w, err := to.Create(f.Name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
