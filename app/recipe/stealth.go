package recipe

import (
	"bytes"
	"compress/gzip"
	"image"
	"image/png"
	"io"
)

// maxStealth is the size of the largest picture that is searched for a hidden text, pixels.
const maxStealth = 1 << 25

// stealthText returns a text in the lowest bits of a PNG's alpha, or of its red, green and blue, column by column:
// "stealth_pnginfo" or "stealth_rgbinfo" ("comp" for "info" if compressed with gzip), its length in bits as 32 bits,
// then the text. Forge, SwarmUI and NovelAI write it; the format is that of sd_webui_stealth_pnginfo. "" if there is
// none.
func stealthText(file []byte) string {
	c, err := png.DecodeConfig(bytes.NewReader(file))
	if err != nil || c.Width*c.Height > maxStealth {
		return ""
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return ""
	}
	var pix []byte
	var stride int
	switch img := img.(type) {
	case *image.NRGBA:
		pix, stride = img.Pix, img.Stride
		if text := (&bits{pix: pix, stride: stride, width: c.Width, height: c.Height, from: 3, channels: 1}).text("png"); text != "" {
			return text
		}
	case *image.RGBA: // opaque
		pix, stride = img.Pix, img.Stride
	default:
		return ""
	}
	return (&bits{pix: pix, stride: stride, width: c.Width, height: c.Height, channels: 3}).text("rgb")
}

// bits returns the lowest bits of some of the four channels, column by column.
type bits struct {
	pix            []byte
	stride         int
	width, height  int
	from, channels int
	x, y, channel  int
	short          bool
}

func (b *bits) bit() byte {
	if b.x >= b.width {
		b.short = true
		return 0
	}
	v := b.pix[b.y*b.stride+4*b.x+b.from+b.channel] & 1
	if b.channel++; b.channel == b.channels {
		b.channel = 0
		if b.y++; b.y == b.height {
			b.x, b.y = b.x+1, 0
		}
	}
	return v
}

func (b *bits) bytes(n int) []byte {
	if n > b.width*b.height*b.channels/8 {
		b.short = true
		return nil
	}
	out := make([]byte, n)
	for i := range out {
		for range 8 {
			out[i] = out[i]<<1 | b.bit()
		}
	}
	return out
}

func (b *bits) text(kind string) string {
	mark := string(b.bytes(len("stealth_pnginfo")))
	packed := mark == "stealth_"+kind+"comp"
	if !packed && mark != "stealth_"+kind+"info" {
		return ""
	}
	n := 0
	for _, v := range b.bytes(4) {
		n = n<<8 | int(v)
	}
	data := b.bytes(n / 8)
	if b.short || len(data) == 0 {
		return ""
	}
	if !packed {
		return string(data)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	out, err := io.ReadAll(io.LimitReader(z, maxText+1))
	if err != nil || len(out) > maxText {
		return ""
	}
	return string(out)
}
