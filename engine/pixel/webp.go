package pixel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"

	"golang.org/x/image/webp"

	"nirvana/engine/pixel/exif"
)

// riffChunk is one of a WebP file: https://developers.google.com/speed/webp/docs/riff_container
type riffChunk struct {
	name string
	body []byte
}

func riffChunks(body []byte) (out []riffChunk) {
	for name, c := range exif.RIFFChunks(body) {
		out = append(out, riffChunk{name, c})
	}
	return out
}

func webpMetadata(data []byte) (m metadata) {
	frames := 0
	for _, c := range riffChunks(data[min(12, len(data)):]) {
		switch c.name {
		case "ICCP":
			m.profile = c.body
		case "ANMF":
			frames++
		}
	}
	m.animated = frames > 1
	return m
}

// decodeWebP decodes a WebP picture, or the first frame of an animation on its canvas. The decoder gets only the
// chunks that it needs: it refuses much that is allowed.
func decodeWebP(data []byte) (image.Image, error) {
	canvas := image.Rectangle{}
	at := image.Point{}
	chunks := riffChunks(data[min(12, len(data)):])
	for _, c := range chunks {
		if c.name == "VP8X" && len(c.body) >= 10 {
			canvas.Max = image.Pt(int(three(c.body[4:]))+1, int(three(c.body[7:]))+1)
		}
		if c.name == "ANMF" && len(c.body) >= 16 {
			at = image.Pt(2*int(three(c.body)), 2*int(three(c.body[3:])))
			chunks = riffChunks(c.body[16:])
			break
		}
	}
	img, err := stillWebP(chunks)
	if err != nil || canvas.Empty() || img.Bounds() == canvas {
		return img, err
	}
	if canvas.Dx()*canvas.Dy() > MaxPixels {
		return nil, errors.New("its canvas is too large")
	}
	return onCanvas(img, canvas, at), nil
}

func stillWebP(chunks []riffChunk) (image.Image, error) {
	var alpha, plain []byte
	for _, c := range chunks {
		switch {
		case c.name == "ALPH" && alpha == nil:
			alpha = c.body
		case c.name == "VP8L":
			return sizedWebP(riffFile(c))
		case c.name == "VP8 ":
			plain = c.body
		}
		if plain != nil {
			break
		}
	}
	if len(plain) < 10 {
		return nil, errors.New("it holds no picture")
	}
	vp8 := riffChunk{"VP8 ", plain}
	if alpha == nil {
		img, err := sizedWebP(riffFile(vp8))
		if err != nil {
			return nil, err
		}
		return limitedRange(img.(*image.YCbCr), nil, 0), nil
	}
	w, h := binary.LittleEndian.Uint16(plain[6:])&0x3fff, binary.LittleEndian.Uint16(plain[8:])&0x3fff
	head := []byte{1 << 4, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), 0, byte(h - 1), byte((h - 1) >> 8), 0}
	img, err := sizedWebP(riffFile(riffChunk{"VP8X", head}, riffChunk{"ALPH", alpha}, vp8))
	if err != nil {
		return nil, err
	}
	full := img.(*image.NYCbCrA)
	return limitedRange(&full.YCbCr, full.A, full.AStride), nil
}

func sizedWebP(data []byte) (image.Image, error) {
	c, err := webp.DecodeConfig(bytes.NewReader(data))
	if err == nil && c.Width*c.Height > MaxPixels {
		err = errors.New("it is too large")
	}
	if err != nil {
		return nil, err
	}
	return webp.Decode(bytes.NewReader(data))
}

func riffFile(chunks ...riffChunk) []byte {
	body := []byte("WEBP")
	for _, c := range chunks {
		body = append(body, c.name...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(c.body)))
		body = append(body, c.body...)
		if len(c.body)%2 == 1 {
			body = append(body, 0)
		}
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func three(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }

// limitedRange converts a VP8 frame: luma from 16 to 235, BT.601 (RFC 6386, section 9.2), each chroma sample
// interpolated with weights of 9, 3, 3 and 1, in the integers that libwebp uses.
func limitedRange(img *image.YCbCr, alpha []byte, alphaStride int) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := 0; y < h; y++ {
		near := y / 2
		far := min(max(near-1+y%2*2, 0), (h-1)/2)
		cb, cr := chromaRows(img.Cb, img.CStride, near, far), chromaRows(img.Cr, img.CStride, near, far)
		for x := 0; x < w; x++ {
			to := out.Pix[4*(y*w+x):][:4:4]
			to[0], to[1], to[2] = fromLimited(int(img.Y[y*img.YStride+x]), cb.at(x, w), cr.at(x, w))
			to[3] = 255
			if alpha != nil {
				to[3] = alpha[y*alphaStride+x]
			}
		}
	}
	return out
}

// rows are two lines of chroma, the nearer one first.
type rows [2][]uint8

func chromaRows(plane []uint8, stride, near, far int) rows {
	return rows{plane[near*stride:], plane[far*stride:]}
}

func (r rows) at(x, width int) int {
	i := x / 2
	j := min(max(i-1+x%2*2, 0), (width-1)/2)
	a, b, c, d := int(r[0][i]), int(r[0][j]), int(r[1][i]), int(r[1][j])
	if i == j { // at the sides only the rows are mixed
		return (3*a + c + 2) / 4
	}
	diagonal := (a + b + c + d + 2*(b+c) + 8) / 8 // rounded first, as libwebp does
	return (a + diagonal) / 2
}

func fromLimited(y, cb, cr int) (r, g, b uint8) {
	high := func(v, by int) int { return v * by >> 8 }
	clip := func(v int) uint8 { return uint8(min(max(v>>6, 0), 255)) }
	l := high(y, 19077)
	return clip(l + high(cr, 26149) - 14234), clip(l - high(cb, 6419) - high(cr, 13320) + 8708), clip(l + high(cb, 33050) - 17685)
}
