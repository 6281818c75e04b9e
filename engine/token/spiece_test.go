package token

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// modelProto writes testdata/t5 as a spiece.model.
func modelProto(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/t5/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	var j struct {
		Normalizer step
		Model      struct{ Vocab [][2]any }
	}
	if err := json.Unmarshal(data, &j); err != nil {
		t.Fatal(err)
	}
	bytesField := func(to []byte, number protowire.Number, value []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), value)
	}
	kinds := map[int]uint64{0: pieceControl, 1: pieceControl, 2: pieceUnknown}
	var out []byte
	for id, entry := range j.Model.Vocab[:280] { // the rest are <extra_id_N>
		p := bytesField(nil, 1, []byte(entry[0].(string)))
		p = protowire.AppendFixed32(protowire.AppendTag(p, 2, protowire.Fixed32Type), math.Float32bits(float32(entry[1].(float64))))
		if kinds[id] != 0 {
			p = protowire.AppendVarint(protowire.AppendTag(p, 3, protowire.VarintType), kinds[id])
		}
		out = bytesField(out, 1, p)
	}
	return bytesField(out, 3, bytesField(nil, 2, j.Normalizer.Normalizers[0].Charsmap))
}

// slowT5 are texts for which T5's slow tokenizer, which is SentencePiece itself, gives others than the fast one: several marks on a letter.
var slowT5 = map[string][]int{
	"ñ\u0301 e\u0301\u0302":        {198, 241, 2, 198, 238, 2, 1},
	"on вĲ\u0301\x07  ǅ=\u2028&  ": {168, 198, 2, 256, 257, 2, 198, 244, 2, 198, 218, 1},
}

// TestSentencePiece: the model file gives the ids of the fast tokenizer made from it.
func TestSentencePiece(t *testing.T) {
	f, err := Open(folder(t, map[string]string{"spiece.model": string(modelProto(t))}))
	if err != nil {
		t.Fatal(err)
	}
	if f.Start != -1 || f.End != 1 || f.Pad != 0 || f.Unknown != 2 || f.Size != 380 || f.Max != 512 {
		t.Errorf("%d %d %d %d %d %d", f.Start, f.End, f.Pad, f.Unknown, f.Size, f.Max)
	}
	n := 0
	for _, c := range references(t).Texts {
		if c.Folder == "t5" {
			check(t, f, c.Text, c.IDs)
			n++
		}
	}
	var more struct{ Texts []reference }
	readTest(t, "testdata/texts.json", &more)
	for _, c := range more.Texts {
		if ids, differs := slowT5[c.Text]; differs {
			c.IDs = ids
		}
		if c.Folder == "t5" {
			check(t, f, c.Text, c.IDs)
			n++
		}
	}
	if n < 100 {
		t.Errorf("only %d texts were compared", n)
	}
}

// FuzzSentencePiece reads damaged model files.
func FuzzSentencePiece(f *testing.F) {
	f.Add([]byte("\x0a\x05\x0a\x01a\x18\x02\x0a\x03\x0a\x01b"), "ab  c")
	f.Add([]byte("\x0a\x20a"), "")
	f.Fuzz(func(t *testing.T, model []byte, text string) {
		if tok, err := Open(folder(t, map[string]string{"spiece.model": string(model)})); err == nil {
			use(t, tok, text)
		}
	})
}
