package recipe

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"nirvana/engine/pixel/exif"
)

// ErrNone means that a picture contains no recipe.
var ErrNone = errors.New("the picture contains no recipe")

const (
	signature  = "\x89PNG\r\n\x1a\n"
	ownKeyword = "nirvana"
	a1111      = "parameters"
)

// Embed puts the recipe into an encoded PNG, replacing any that is there.
func Embed(png []byte, r Recipe) ([]byte, error) {
	data, err := r.JSON()
	if err != nil {
		return nil, err
	}
	chunks, err := split(png)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(signature)
	for i, c := range chunks {
		if k, ok := c.keyword(); ok && (k == ownKeyword || k == a1111) {
			continue
		}
		c.write(&out)
		if i == 0 { // after IHDR
			chunk{"iTXt", append([]byte(a1111+"\x00\x00\x00\x00\x00"), r.Parameters()...)}.write(&out)
			chunk{"iTXt", append([]byte(ownKeyword+"\x00\x00\x00\x00\x00"), data...)}.write(&out)
		}
	}
	return out.Bytes(), nil
}

// Extract returns the recipe in a picture file of any program; see Read.
func Extract(file []byte) (Recipe, error) {
	f, err := Read(file)
	return f.Recipe, err
}

// keywords are those of the texts that may hold a recipe; other texts are not decompressed.
var keywords = map[string]bool{ownKeyword: true, a1111: true, "prompt": true, "workflow": true, "invokeai_metadata": true, "sd-metadata": true, "Software": true, "Comment": true,
	"Description": true, "Source": true, "num_inference_steps": true, "XML:com.adobe.xmp": true, "negative_prompt": true, "guidance_scale": true, "seed": true, "width": true, "height": true,
	"clip_skip": true, "use_stable_diffusion_model": true, "prompt_strength": true, "sampler_name": true, "use_lora_model": true, "use_hypernetwork_model": true, "use_vae_model": true,
	"use_controlnet_model": true, "use_face_correction": true, "use_upscale": true, "tiling": true}

// png reads a PNG's text chunks and EXIF and, if those hold no recipe, the text hidden in the pixels.
func (t *texts) png(file []byte) error {
	chunks, err := split(file)
	if err != nil {
		return err
	}
	for _, c := range chunks {
		if c.kind != "tEXt" && c.kind != "zTXt" && c.kind != "iTXt" {
			continue
		}
		if t.count++; t.count > maxChunks {
			return fmt.Errorf("the PNG has more than %d texts", maxChunks)
		}
		if key, _, ok := bytes.Cut(c.data, []byte{0}); !ok || !keywords[string(key)] {
			continue
		}
		k, v, ok := c.text(min(maxText, t.left))
		if !ok {
			continue
		}
		if t.left < len(v) {
			return fmt.Errorf("the PNG has more than %d MB of texts", maxTexts>>20)
		}
		t.left -= len(v)
		t.byKey[k] = v
	}
	if xmp := t.byKey["XML:com.adobe.xmp"]; xmp != "" {
		t.loose(xmpComment([]byte(xmp)))
	}
	t.merge(exifTexts(exif.Block(file)))
	if !t.known() {
		t.loose(stealthText(file))
	}
	return nil
}

// known reports whether one of the texts may be a recipe.
func (t *texts) known() bool {
	for _, key := range []string{ownKeyword, a1111, "prompt", "workflow", "invokeai_metadata", "sd-metadata", "Comment"} {
		if t.byKey[key] != "" {
			return true
		}
	}
	return false
}

type chunk struct {
	kind string
	data []byte
}

func (c chunk) write(out *bytes.Buffer) {
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(c.data)))
	out.Write(n[:])
	body := append([]byte(c.kind), c.data...)
	out.Write(body)
	binary.BigEndian.PutUint32(n[:], crc32.ChecksumIEEE(body))
	out.Write(n[:])
}

// split splits a PNG into its chunks and verifies every checksum.
func split(png []byte) ([]chunk, error) {
	if !bytes.HasPrefix(png, []byte(signature)) {
		return nil, fmt.Errorf("this is not a PNG file")
	}
	var out []chunk
	for rest := png[len(signature):]; len(rest) > 0; {
		if len(rest) < 12 {
			return nil, fmt.Errorf("the PNG is cut off")
		}
		n := binary.BigEndian.Uint32(rest)
		if uint64(n)+12 > uint64(len(rest)) {
			return nil, fmt.Errorf("the PNG is cut off")
		}
		body := rest[4 : 8+n]
		if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(rest[8+n:]) {
			return nil, fmt.Errorf("the PNG is damaged: a checksum is wrong")
		}
		out = append(out, chunk{string(body[:4]), body[4:]})
		if string(body[:4]) == "IEND" {
			break
		}
		rest = rest[12+n:]
	}
	if len(out) == 0 || out[0].kind != "IHDR" {
		return nil, fmt.Errorf("the PNG is damaged: it has no header")
	}
	return out, nil
}

// keyword returns a text chunk's keyword.
func (c chunk) keyword() (string, bool) {
	switch c.kind {
	case "tEXt", "zTXt", "iTXt":
		key, _, ok := bytes.Cut(c.data, []byte{0})
		return string(key), ok
	}
	return "", false
}

// text reads a tEXt, zTXt or iTXt chunk of at most this many bytes, decompressed.
func (c chunk) text(most int) (keyword, value string, ok bool) {
	key, rest, found := bytes.Cut(c.data, []byte{0})
	if !found {
		return "", "", false
	}
	switch c.kind {
	case "tEXt":
		return string(key), fromBytes(rest), true
	case "zTXt":
		if len(rest) < 1 {
			return "", "", false
		}
		v, err := inflate(rest[1:], most)
		return string(key), fromBytes(v), err == nil
	case "iTXt":
		return c.international(string(key), rest, most)
	}
	return "", "", false
}

func (c chunk) international(key string, rest []byte, most int) (string, string, bool) {
	if len(rest) < 2 {
		return "", "", false
	}
	packed := rest[0] == 1
	_, rest, ok := bytes.Cut(rest[2:], []byte{0}) // language
	if !ok {
		return "", "", false
	}
	_, rest, ok = bytes.Cut(rest, []byte{0}) // translated keyword
	if !ok {
		return "", "", false
	}
	if packed {
		v, err := inflate(rest, most)
		return key, string(v), err == nil
	}
	return key, string(rest), true
}

func inflate(data []byte, most int) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	v, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if len(v) > most {
		return nil, fmt.Errorf("a text of more than %d bytes", most)
	}
	return v, err
}
