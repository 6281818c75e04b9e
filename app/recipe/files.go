package recipe

import (
	"bytes"
	"fmt"
	"strings"

	"nirvana/engine/pixel/exif"
)

const (
	maxText   = 16 << 20 // bytes of one text, decompressed
	maxTexts  = 48 << 20 // of all texts of a file
	maxChunks = 4096     // text chunks in a file
)

// texts are a file's texts by keyword, limited in size one by one and in total.
type texts struct {
	byKey map[string]string
	left  int // bytes
	count int
}

func newTexts() *texts { return &texts{byKey: map[string]string{}, left: maxTexts} }

// add stores the first text of a keyword.
func (t *texts) add(key, value string) {
	if _, there := t.byKey[key]; !there && value != "" && len(value) <= t.left {
		t.byKey[key] = value
		t.left -= len(value)
	}
}

// merge adds the texts of another location in the file.
func (t *texts) merge(more map[string]string) {
	for key, value := range more {
		t.add(key, value)
	}
}

// fileTexts returns the texts of a picture file by keyword; those of EXIF, XMP and comments under the keywords that
// the same programs use in PNG.
func fileTexts(file []byte) (map[string]string, error) {
	t := newTexts()
	switch {
	case bytes.HasPrefix(file, []byte(signature)):
		if err := t.png(file); err != nil {
			return nil, err
		}
	case bytes.HasPrefix(file, []byte("\xff\xd8")):
		t.merge(exifTexts(exif.Block(file)))
		for marker, body := range exif.Segments(file) {
			if packet, ok := bytes.CutPrefix(body, []byte("http://ns.adobe.com/xap/1.0/\x00")); ok && marker == 0xe1 {
				t.loose(xmpComment(packet))
			} else if marker == 0xfe {
				t.loose(trimmed(fromBytes(body)))
			}
		}
	case len(file) > 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP":
		t.merge(exifTexts(exif.Block(file)))
		for name, body := range exif.RIFFChunks(file[12:]) {
			if name == "XMP " {
				t.loose(xmpComment(body))
			}
		}
	case len(file) > 12 && string(file[4:8]) == "ftyp":
		t.merge(exifTexts(exif.Block(file)))
	case bytes.HasPrefix(file, []byte("GIF8")):
		for comment := range gifComments(file) {
			t.loose(comment)
		}
	default:
		return nil, fmt.Errorf("this is not a PNG, JPEG, WebP, AVIF or GIF file: only those can contain recipes")
	}
	return t.byKey, nil
}

// loose adds a text without a keyword; its content says what it is.
func (t *texts) loose(text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	var o object
	if text[0] != '{' || parseJSON([]byte(text), &o) != nil {
		if _, settings := splitParameters(text); settings != nil {
			t.add(a1111, text)
		}
		return
	}
	switch {
	case o.text("Comment") != "", o["prompt"] != nil && (o["workflow"] != nil || strings.HasPrefix(strings.TrimSpace(o.text("prompt")), "{")):
		for key, raw := range o { // several texts in one: NovelAI's, and ComfyUI's in videos and GIF
			if text := scalarText(raw); text != "" {
				t.add(key, text)
			} else {
				t.add(key, string(raw))
			}
		}
	case o["nodes"] != nil && o["links"] != nil:
		t.add("workflow", text)
	default:
		t.add(a1111, text)
	}
}

// gifComments returns the comment extensions of a GIF (GIF89a, section 24).
func gifComments(file []byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		table := func(flags byte) int {
			if flags&0x80 == 0 {
				return 0
			}
			return 3 << (flags&7 + 1)
		}
		if len(file) < 13 {
			return
		}
		for at := 13 + table(file[10]); at+1 < len(file); {
			comment := false
			switch file[at] {
			case 0x21:
				comment = file[at+1] == 0xfe
				at += 2
			case 0x2c:
				if at+10 > len(file) {
					return
				}
				at += 11 + table(file[at+9])
			default:
				return
			}
			var body []byte
			for at < len(file) && file[at] != 0 {
				n := int(file[at])
				if comment {
					body = append(body, file[at+1:min(at+1+n, len(file))]...)
				}
				at += 1 + n
			}
			at++
			if comment && len(body) <= maxText && !yield(trimmed(fromBytes(body))) {
				return
			}
		}
	}
}
