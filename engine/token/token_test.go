package token

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

type reference struct {
	Folder, Text string
	IDs, Fast    []int
	Embeddings   [][2]string
}

// references is testdata/cases.json, whose first field names its sources.
func references(t *testing.T) (r struct{ Texts, Prompts []reference }) {
	t.Helper()
	readTest(t, "testdata/cases.json", &r)
	return r
}

func readTest(t testing.TB, file string, v any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, name string) *Folder {
	t.Helper()
	f, err := Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// whole is a text's ids with start and end, unpadded.
func whole(f *Folder, text string) []int {
	ids := f.Encode(text)
	return f.row(ids, len(ids)+2-(f.Room(2)))
}

func check(t *testing.T, f *Folder, text string, want []int) {
	t.Helper()
	if got := whole(f, text); !slices.Equal(got, want) {
		t.Errorf("%q is\n %v, want\n %v", text, got, want)
	}
}

func TestTexts(t *testing.T) {
	for _, c := range references(t).Texts {
		check(t, open(t, c.Folder), c.Text, c.IDs)
	}
}

// TestPrompts checks whole padded rows of the reference pipelines, textual inversions among them.
func TestPrompts(t *testing.T) {
	for _, c := range references(t).Prompts {
		f := open(t, c.Folder)
		for _, e := range c.Embeddings {
			f.AddToken(e[0], map[string]int{"<swirly>": 2, "gloomy": 1}[e[0]])
		}
		length := 77
		if f.Kind == Unigram {
			length = 100 // the longest reference is cut there
		}
		want := c.IDs
		for len(want) < length {
			want = append(want, f.Pad)
		}
		if got := f.Padded(c.Text, length); !slices.Equal(got, want) {
			t.Errorf("%q is\n %v, want\n %v", c.Text, got, want)
		}
	}
}

func TestFolder(t *testing.T) {
	for _, c := range []struct {
		name                       string
		kind                       string
		start, end, pad, max, size int
	}{
		{"clip", CLIP, 998, 999, 999, 77, 1000},
		{"clip-bang", CLIP, 998, 999, 0, 77, 1000},
		{"t5", Unigram, -1, 1, 0, 512, 380},
	} {
		f := open(t, c.name)
		if f.Kind != c.kind || f.Start != c.start || f.End != c.end || f.Pad != c.pad || f.Max != c.max || f.Size != c.size {
			t.Errorf("%s: %s %d %d %d %d %d", c.name, f.Kind, f.Start, f.End, f.Pad, f.Max, f.Size)
		}
	}
}

func TestPadded(t *testing.T) {
	f := open(t, "clip")
	long := strings.Repeat("cat ", 80)
	row := f.Padded(long, 77)
	if len(row) != 77 || row[0] != f.Start || row[76] != f.End || row[75] != f.Encode("cat")[0] {
		t.Errorf("a long text is %v", row)
	}
	for length := range 4 {
		if got := f.Padded(long, length); len(got) != length {
			t.Errorf("a row of %d has %d ids", length, len(got))
		}
	}
}

func TestAddToken(t *testing.T) {
	f := open(t, "clip")
	if id := f.AddToken("<swirl>", 3); id != 1000 {
		t.Errorf("first id is %d", id)
	}
	if id := f.AddToken("<swirl>y", 1); id != 1003 {
		t.Errorf("next id is %d", id)
	}
	cat := f.Encode("cat")[0]
	for text, want := range map[string][]int{
		"<swirl>":              {1000, 1001, 1002},
		"cat<swirl>cat":        {cat, 1000, 1001, 1002, cat},
		"<swirl>y <swirl>_1":   {1003, 1001},
		"<swirl>_2<swirl>_2":   {1002, 1002},
		"<swirl><swirl>y cat ": {1000, 1001, 1002, 1003, cat},
	} {
		if got := f.Encode(text); !slices.Equal(got, want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
	if got := f.Encode("<SWIRL>"); !slices.Equal(got, []int{1000, 1001, 1002}) {
		t.Errorf("in capitals it is %v", got)
	}
}

// Names of textual inversions count as whole words, whatever their capitals, and as ComfyUI calls them.
func TestEmbeddingNames(t *testing.T) {
	f, plain := open(t, "clip"), open(t, "clip")
	f.AddToken("art", 1, "embedding:art", "embedding:art.safetensors", "embedding:sub/art", "embedding:sub/art.safetensors")
	f.AddToken("Ünder Art", 1)
	f.AddToken("EasyNeg", 2)
	f.AddToken("easyneg", 1)
	for _, text := range []string{"start of a party, artist", "art_1 art2 2art part", "embedding:artist"} {
		if got, want := f.Encode(text), plain.Encode(text); !slices.Equal(got, want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
	comma, cat := f.Encode(",")[0], f.Encode("cat")[0]
	for text, want := range map[string][]int{
		"art": {1000}, "ART,cat": {1000, comma, cat}, "cat art": {cat, 1000}, "ünder aRT": {1001}, "ÜNDER ART cat": {1001, cat},
		"EasyNeg": {1002, 1003}, "easyneg": {1004}, "EASYNEG": {1002, 1003}, "easyneg_1": {1003},
		"embedding:art cat": {1000, cat}, "embedding:art.safetensors": {1000}, "Embedding:sub/Art": {1000}, "embedding:sub/art.safetensors,": {1000, comma},
	} {
		if got := f.Encode(text); !slices.Equal(got, want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
	if got := f.UnknownEmbeddings("embedding:art, (embedding:gone.pt:1.2) embedding:sub/x an embedding: y"); !slices.Equal(got, []string{"gone.pt", "sub/x"}) {
		t.Errorf("unknown are %q", got)
	}
	weighted := Parse("(embedding:art.safetensors:1.2)").At(0, 1)[0].Text
	if ids, weights := rows(Chunks(f, weighted, 75)); ids[0][1] != 1000 || weights[0][1] != 1.2 || ids[0][2] != f.End {
		t.Errorf("weighted it is %v %v", ids[0][:4], weights[0][:4])
	}
}

func TestPieces(t *testing.T) {
	f := open(t, "clip")
	f.AddToken("<mood>", 2)
	var got []string
	for _, p := range f.Pieces("A café <mood>!") {
		got = append(got, p.Text)
	}
	want := []string{"a</w>", "c", "a", "f", "Ã", "©</w>", "<mood>", "<mood>_1", "!</w>"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
