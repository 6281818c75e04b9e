package app

import (
	"bytes"
	"encoding/binary"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app/layers"
	"nirvana/app/psd"
)

// Photoshop files whose numbers lie are refused in one line: a picture and a layer that are too large, lengths beyond the file's end.
// What is on the canvas stays with its undo steps.
func TestLyingPhotoshopFiles(t *testing.T) {
	dir := t.TempDir()
	c := studioAt(t, filepath.Join(dir, "home"))
	blocked(t, c.Document)
	stack := c.Document.Stack()
	var file bytes.Buffer
	if err := psd.Encode(&file, layers.Of("Ground", image.NewNRGBA(image.Rect(0, 0, 40, 30))), image.NewRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	const first = 26 + 4 + 4 + 4 + 4 + 2 // the first layer's rectangle
	picture, steps := c.Document.Picture, c.steps()
	for name, lie := range map[string]func(data []byte){
		"a picture of 400,000 px": func(data []byte) { binary.BigEndian.PutUint32(data[14:], 400000) },
		"a layer of 30,000 px": func(data []byte) {
			binary.BigEndian.PutUint32(data[first+8:], 30000)
			binary.BigEndian.PutUint32(data[first+12:], 30000)
		},
		"a section beyond the end":    func(data []byte) { binary.BigEndian.PutUint32(data[26+4+4:], 1<<30) },
		"channels that are not there": func(data []byte) { binary.BigEndian.PutUint16(data[first+16:], 56) },
	} {
		data, path := bytes.Clone(file.Bytes()), filepath.Join(dir, "lie.psd")
		lie(data)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		err := c.OpenPicture(path)
		if err == nil {
			t.Errorf("%s was opened", name)
			continue
		}
		if said := c.Advice(err); said == "" || strings.Contains(said, "\n") || !strings.Contains(said, ":") {
			t.Errorf("%s: it says %q", name, said)
		}
		if c.Document.Picture != picture || c.Document.Stack() != stack || c.steps() != steps {
			t.Fatalf("%s: the canvas has changed", name)
		}
	}
}
