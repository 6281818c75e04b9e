package recipe

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"nirvana/engine"
)

const shortText = "a mill\nNegative prompt: rain\nSteps: 9, Sampler: Euler a, CFG scale: 7, Seed: 31, Size: 64x32"

// hidden is a PNG with a text in the lowest bits of its channels.
func hidden(t testing.TB, text string, rgb, packed bool) []byte {
	t.Helper()
	kind, data := "stealth_png", []byte(text)
	if rgb {
		kind = "stealth_rgb"
	}
	if packed {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(data)
		z.Close()
		kind, data = kind+"comp", b.Bytes()
	} else {
		kind += "info"
	}
	data = append(binary.BigEndian.AppendUint32([]byte(kind), uint32(8*len(data))), data...)
	img := image.NewNRGBA(image.Rect(0, 0, 61, 47))
	at := 0
	for x := range 61 {
		for y := range 47 {
			c := color.NRGBA{200, 100, 50, 254}
			set := func(v *uint8) {
				if at < 8*len(data) {
					*v = *v&^1 | data[at/8]>>(7-at%8)&1
					at++
				}
			}
			if rgb {
				set(&c.R)
				set(&c.G)
				set(&c.B)
				c.A = 255
			} else {
				set(&c.A)
			}
			img.SetNRGBA(x, y, c)
		}
	}
	if at < 8*len(data) {
		t.Fatal("the picture is too small for the text")
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStealth(t *testing.T) {
	novel := `{"Software": "NovelAI", "Source": "V4", "Description": "a mill", "Comment": "{\"prompt\": \"a mill\", \"uc\": \"rain\", \"steps\": 9, \"seed\": 31}"}`
	for _, rgb := range []bool{false, true} {
		for _, packed := range []bool{false, true} {
			for program, text := range map[string]string{"AUTOMATIC1111": shortText, "NovelAI": novel, "ComfyUI": `{"prompt": {"5": {"class_type": "KSampler", "inputs": {"steps": 9, "seed": 31, "positive": ["2", 0], "negative": ["3", 0], "latent_image": ["4", 0], "sampler_name": "euler"}}, "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a mill"}}, "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "rain"}}}, "workflow": {}}`} {
				if len(text) > 340 && !rgb && !packed {
					continue // does not fit into the alpha channel of so small a picture
				}
				f, err := Read(hidden(t, text, rgb, packed))
				if err != nil || f.Program != program || f.Recipe.Prompt != "a mill" || f.Recipe.Negative != "rain" || f.Recipe.Steps != 9 || f.Recipe.Seed != 31 {
					t.Errorf("%s, rgb %v, packed %v: %v, %+v", program, rgb, packed, err, f)
				}
			}
		}
	}
	whole := hidden(t, shortText, false, true)
	for n := 0; n < len(whole); n += 7 { // truncated
		if _, err := Read(whole[:n]); err == nil {
			t.Errorf("%d bytes of %d were read", n, len(whole))
		}
	}
}

// Every kind of file and every location in it.
func TestPlaces(t *testing.T) {
	img := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black, color.White})
	var g, j bytes.Buffer
	if gif.Encode(&g, img, nil) != nil || jpeg.Encode(&j, img, nil) != nil {
		t.Fatal("encoding")
	}
	comment := []byte{0x21, 0xfe}
	for rest := shortText; rest != ""; {
		n := min(len(rest), 50)
		comment = append(append(comment, byte(n)), rest[:n]...)
		rest = rest[n:]
	}
	at := 13 + 3*2
	inGIF := append(append(append(append([]byte{}, g.Bytes()[:at]...), comment...), 0), g.Bytes()[at:]...)
	tiff := tiffOf(binary.BigEndian, "MM\x00\x2a", 0x9286, []byte("UNICODE\x00"+wide(binary.BigEndian, shortText)), true)
	segment := func(marker byte, body string) []byte {
		out := append([]byte{0xff, 0xd8, 0xff, marker}, binary.BigEndian.AppendUint16(nil, uint16(len(body)+2))...)
		return append(append(out, body...), j.Bytes()[2:]...)
	}
	var inPNG bytes.Buffer
	plain := plainPNG(t)
	inPNG.Write(plain[:33])
	chunk{"eXIf", tiff}.write(&inPNG)
	inPNG.Write(plain[33:])
	box := func(name string, parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), name...), body...)
	}
	item := append([]byte{0, 0, 0, 0}, tiff...)
	place := append([]byte{1, 0, 0, 0, 0x44, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0}, binary.BigEndian.AppendUint32(nil, uint32(len(item)))...)
	avif := append(box("ftyp", []byte("avif\x00\x00\x00\x00")), box("meta", make([]byte, 4), box("iinf", []byte{0, 0, 0, 0, 0, 1}, box("infe", []byte{2, 0, 0, 0, 0, 1, 0, 0}, []byte("Exif\x00"))), box("iloc", place), box("idat", item))...)
	xmp := `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description><exif:UserComment><rdf:Alt><rdf:li xml:lang="x-default">` +
		`{&quot;c&quot;:&quot;a mill&quot;,&quot;uc&quot;:&quot;rain&quot;,&quot;steps&quot;:9,&quot;seed&quot;:31,&quot;sampler&quot;:&quot;Euler a&quot;,&quot;scale&quot;:7,&quot;size&quot;:&quot;64x32&quot;}</rdf:li></rdf:Alt></exif:UserComment></rdf:Description></rdf:RDF></x:xmpmeta>`
	for kind, file := range map[string][]byte{"GIF": inGIF, "JPEG's comment": segment(0xfe, shortText), "JPEG's EXIF": segment(0xe1, "Exif\x00\x00"+string(tiff)), "PNG's eXIf": inPNG.Bytes(), "AVIF": avif,
		"XMP in JPEG": segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+xmp), "XMP in PNG": withText(t, "XML:com.adobe.xmp", xmp)} {
		f, err := Read(file)
		want := Recipe{Version: Version, Prompt: "a mill", Negative: "rain", Syntax: true, Steps: 9, Sampler: "Euler a", Guidance: 7, Seed: 31, Width: 64, Height: 32, RNG: f.Recipe.RNG}
		if err != nil || !reflect.DeepEqual(f.Recipe, want) {
			t.Errorf("%s: %v, %+v", kind, err, f)
		}
	}
}

func TestCivitai(t *testing.T) {
	const graph = `{"r": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "urn:air:sdxl:checkpoint:civitai:1@2"}}, "11": {"class_type": "KSampler", "inputs": {"sampler_name": "euler", "scheduler": "normal", "seed": 5, "steps": 3, "cfg": 5,
		"model": ["r", 0], "positive": ["6", 0], "latent_image": ["20", 0]}}, "6": {"class_type": "smZ CLIPTextEncode", "inputs": {"text": "in the graph"}}, "20": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 32}}, "extra": {"airs": []}`
	f, err := readTexts(map[string]string{a1111: graph + `, "extraMetadata": "{\"prompt\": \"a mill\", \"negativePrompt\": \"rain\", \"steps\": 9, \"cfgScale\": 7, \"sampler\": \"DPM++ 2M Karras\", \"seed\": 31, \"clipSkip\": 2, \"width\": 64, \"height\": 32, \"resources\": [{\"modelVersionId\": 2, \"strength\": 1}]}"}`})
	want := Recipe{Version: Version, Prompt: "a mill", Negative: "rain", Syntax: true, Steps: 9, Sampler: "DPM++ 2M", Schedule: "Karras", Guidance: 7, Seed: 31, Width: 64, Height: 32, Shared: engine.Shared{ClipSkip: 1}, RNG: "torch"}
	if err != nil || f.Program != "Civitai" || !reflect.DeepEqual(f.Recipe, want) || !reflect.DeepEqual(f.Lost, []string{"Civitai's resource 2, weight 1", "model urn:air:sdxl:checkpoint:civitai:1@2"}) {
		t.Errorf("%v, %+v", err, f)
	}
	if f, err := readTexts(map[string]string{a1111: graph + "}"}); err != nil || f.Recipe.Prompt != "in the graph" || f.Recipe.Seed != 5 {
		t.Errorf("the graph alone: %v, %+v", err, f)
	}
}

func TestNovelAI(t *testing.T) {
	for text, want := range map[string]string{"a, {{b}}, [c], d": "a, (b:1.103), (c:0.9524), d", "1.5::gold light::, -1::fog::": "(gold light:1.5), (fog:-1)", "f(x)": `f\(x\)`, "plain": "plain", "2::a, b": "(a, b:2)", "{a": "(a:1.05)", "::": ""} {
		if got := novelWeights(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	f, err := readTexts(map[string]string{"Software": "NovelAI", "Comment": `{"prompt": "x", "uc": "y", "seed": 4, "steps": 2, "v4_prompt": {"use_coords": true, "caption": {"base_caption": "two friends", "char_captions": [{"char_caption": "girl, hat", "centers": [{"x": 0.5, "y": 0.1}]}, {"char_caption": "{boy}"}]}},
		"v4_negative_prompt": {"caption": {"base_caption": "rain", "char_captions": [{"char_caption": "scarf"}]}}}`})
	if err != nil || f.Recipe.Prompt != "two friends, girl, hat, (boy:1.05)" || f.Recipe.Negative != "rain, scarf" || len(f.Lost) != 1 || !strings.HasPrefix(f.Lost[0], "the place of a character") {
		t.Errorf("%v, %+v", err, f)
	}
}

// A small file needs little memory, whatever its texts decompress to.
func TestTextBomb(t *testing.T) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	for range 15 {
		z.Write(bytes.Repeat([]byte{0xe9}, 1<<20))
	}
	z.Close()
	var b bytes.Buffer
	plain := plainPNG(t)
	b.Write(plain[:33])
	for i := range 64 {
		chunk{"zTXt", append([]byte(a1111+"\x00\x00"), packed.Bytes()...)}.write(&b)
		chunk{"iTXt", append([]byte("key"+string(rune('a'+i%26))+"\x00\x01\x00\x00\x00"), packed.Bytes()...)}.write(&b)
		chunk{"zTXt", append([]byte("workflow\x00\x00"), packed.Bytes()...)}.write(&b)
	}
	b.Write(plain[33:])
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	Read(b.Bytes())
	runtime.ReadMemStats(&after)
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 600 {
		t.Errorf("%d KB took %d MB", b.Len()>>10, used)
	}
	var many bytes.Buffer
	many.Write(plain[:33])
	for range maxChunks + 1 {
		chunk{"tEXt", []byte("k\x00v")}.write(&many)
	}
	many.Write(plain[33:])
	if _, err := Read(many.Bytes()); err == nil {
		t.Error("texts without number were read")
	}
	if _, err := readTexts(map[string]string{"invokeai_metadata": strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20)}); err == nil {
		t.Error("JSON of a million levels was read")
	}
}

func FuzzFiles(f *testing.F) {
	f.Add(hidden(f, shortText, false, true))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00\x21\xfe\x03abc\x00;"))
	f.Add([]byte("\xff\xd8\xff\xfe\x00\x06{\"c\"\xff\xda"))
	f.Fuzz(func(t *testing.T, file []byte) { held(t, file) })
}

func FuzzXMP(f *testing.F) {
	f.Add([]byte(`<exif:UserComment a="b"><rdf:li>{}</rdf:li></exif:UserComment>`))
	f.Fuzz(func(t *testing.T, packet []byte) { xmpComment(packet) })
}

func FuzzNovelAI(f *testing.F) {
	f.Add("{a}, 1.5::b::")
	f.Fuzz(func(t *testing.T, text string) { novelWeights(text) })
}
