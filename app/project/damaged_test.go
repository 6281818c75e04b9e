package project

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"nirvana/engine/fault"
)

func zipOf(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	for name, data := range files {
		to, err := w.Create(name)
		if err == nil {
			_, err = to.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func stackOf(layers ...string) []byte {
	s := `<?xml version="1.0"?><image w="8" h="8"><stack>`
	for i, l := range layers {
		s += fmt.Sprintf(`<layer name="L%d" src="%s"/>`, i, l)
	}
	return []byte(s + `</stack></image>`)
}

func all(Layer) bool { return false }

// What is damaged opens as the merged picture, and is said; without that, what is whole.
func TestDamagedLayers(t *testing.T) {
	png, err := PNG(square(8))
	if err != nil {
		t.Fatal(err)
	}
	small, _ := PNG(square(3))
	for name, layer := range map[string][]byte{"missing": nil, "cut off": png[:len(png)/2], "SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "empty": {}} {
		files := map[string][]byte{"mimetype": []byte(mimetype), stackFile: stackOf("data/a.png", "data/b.png"), "data/a.png": small}
		if name != "missing" {
			files["data/b.png"] = layer
		}
		f, err := Decode(zipOf(t, files))
		if err != nil {
			t.Errorf("%s, without a merged picture: %v", name, err)
			continue
		}
		img, plain, err := f.Flatten(all)
		if err != nil || !plain || f.Damaged == nil || img.RGBAAt(1, 1).A != 255 || img.RGBAAt(5, 5).A != 0 {
			t.Errorf("%s, without a merged picture: %v %v %v", name, plain, err, f.Damaged)
		}
		files[merged] = png
		if f, err = Decode(zipOf(t, files)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, plain, err = f.Flatten(all); plain || err != nil || f.Damaged == nil || f.Merged.RGBAAt(5, 5).A != 255 {
			t.Errorf("%s: %v %v %v", name, plain, err, f.Damaged)
		}
	}
	for name, xml := range map[string][]byte{"cut off": stackOf("data/a.png")[:40], "no XML": []byte("hello"), "no size": []byte("<image/>"), "missing": nil} {
		files := map[string][]byte{"mimetype": []byte(mimetype), merged: png}
		if xml != nil {
			files[stackFile] = xml
		}
		if f, err := Decode(zipOf(t, files)); err != nil || f.Damaged == nil || f.Width != 8 {
			t.Errorf("stack.xml %s: %v", name, err)
		}
		delete(files, merged)
		if _, err := Decode(zipOf(t, files)); fault.Of(err) != fault.Project {
			t.Errorf("stack.xml %s and nothing else: %v", name, err)
		}
	}
}

// Other programs write stack.xml in UTF-16 and other encodings, and names with backslashes.
func TestForeignNamesAndEncodings(t *testing.T) {
	png, _ := PNG(square(8))
	plain := string(stackOf("data/a.png"))
	wide := func(order binary.AppendByteOrder, mark bool, text string) (out []byte) {
		if mark {
			text = "\ufeff" + text
		}
		for _, v := range utf16.Encode([]rune(text)) {
			out = order.AppendUint16(out, v)
		}
		return out
	}
	declared := strings.Replace(plain, `version="1.0"`, `version="1.0" encoding="UTF-16"`, 1)
	latin := strings.NewReplacer(`version="1.0"`, `version="1.0" encoding="ISO-8859-1"`, "L0", "L\xe4").Replace(plain)
	for name, xml := range map[string][]byte{"UTF-8": []byte(plain), "with its mark": []byte("\xef\xbb\xbf" + plain), "UTF-16LE": wide(binary.LittleEndian, true, declared),
		"UTF-16BE": wide(binary.BigEndian, true, declared), "UTF-16LE without mark": wide(binary.LittleEndian, false, declared), "Latin-1": []byte(latin),
		"backslash": stackOf(`data\a.png`), "dot": stackOf("./data/a.png"), "escaped": stackOf("data%2Fa.png")} {
		for _, entry := range []string{"data/a.png", `data\a.png`} {
			f, err := Decode(zipOf(t, map[string][]byte{"mimetype": []byte(mimetype), stackFile: xml, entry: png}))
			if err != nil || f.Damaged != nil || len(f.Layers) != 1 || !bytes.Equal(f.Layers[0].PNG, png) {
				t.Errorf("%s, %s: %v", name, entry, err)
			}
			if name == "Latin-1" && err == nil && f.Layers[0].Name != "L\u00e4" {
				t.Errorf("%q", f.Layers[0].Name)
			}
		}
	}
}

// Small files that unpack to much are refused before they fill the memory.
func TestBombs(t *testing.T) {
	png, _ := PNG(square(8))
	large, _ := PNG(square(4000))
	many := strings.Split(strings.Repeat("data/b.png ", 400), " ")[:400]
	deep := `<image w="8" h="8">` + strings.Repeat("<stack>", 4000) + strings.Repeat("</stack>", 4000) + `</image>`
	elements := `<image w="8" h="8"><stack>` + strings.Repeat("<x/>", 1_500_000) + `</stack></image>`
	own := map[string][]byte{}
	for i := range 6 {
		own[fmt.Sprintf("%sblobs/%d", Own, i)] = make([]byte, 16<<20)
	}
	for name, files := range map[string]map[string][]byte{
		"one entry":       {stackFile: stackOf("data/b.png"), "data/b.png": make([]byte, 200<<20)},
		"elements":        {stackFile: []byte(elements)},
		"groups":          {stackFile: []byte(deep)},
		"pictures":        {stackFile: stackOf(many...), "data/b.png": large},
		"a huge stack":    {stackFile: append(stackOf("data/a.png"), bytes.Repeat([]byte(" "), 99<<20)...)},
		"our own entries": own,
	} {
		if testing.Short() && name != "groups" {
			continue // up to a gigabyte, on one goroutine
		}
		if files[stackFile] == nil {
			files[stackFile] = stackOf("data/a.png")
		}
		files["mimetype"], files["data/a.png"] = []byte(mimetype), png
		data := zipOf(t, files)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f, err := Decode(data)
		if err == nil {
			_, _, err = f.Flatten(all)
		}
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: taken", name)
		}
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 2500 {
			t.Errorf("%s: %d MB in all", name, used)
		}
		t.Logf("%s: %d bytes, %v", name, len(data), err)
	}
}
