package app

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"nirvana/engine/pixel"
)

// blobs are pictures as files named by the SHA-256 of their contents: width,
// height and channels as little-endian uint32, then the pixels, deflated. PNG
// would not give premultiplied pixels back to the bit.
type blobs struct {
	folder string
	mu     sync.Mutex
	known  map[any]string             // pictures whose file is there, by pointer
	names  map[string]map[string]bool // what each row names
}

const blobHead = 12

func openBlobs(folder string) (*blobs, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be made: choose another: %w", folder, err)
	}
	return &blobs{folder: folder, known: map[any]string{}, names: map[string]map[string]bool{}}, nil
}

// color stores a picture once and names it; "" for nil. Nothing is done once err is set.
func (b *blobs) color(img *image.RGBA, err *error) string {
	if img == nil || *err != nil {
		return ""
	}
	return b.put(img, img.Rect, 4, img.Pix, err)
}

func (b *blobs) grey(img *image.Gray, err *error) string {
	if img == nil || *err != nil {
		return ""
	}
	return b.put(img, img.Rect, 1, img.Pix, err)
}

func (b *blobs) put(key any, r image.Rectangle, channels int, pix []byte, err *error) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if name, ok := b.known[key]; ok {
		return name
	}
	var head [blobHead]byte
	for i, v := range []int{r.Dx(), r.Dy(), channels} {
		binary.LittleEndian.PutUint32(head[4*i:], uint32(v))
	}
	sum := sha256.New()
	sum.Write(head[:])
	sum.Write(pix)
	name := hex.EncodeToString(sum.Sum(nil))
	path := filepath.Join(b.folder, name)
	if _, e := os.Stat(path); e != nil {
		var out bytes.Buffer
		z, _ := flate.NewWriter(&out, flate.BestSpeed)
		z.Write(head[:])
		z.Write(pix)
		z.Close()
		if *err = pixel.WriteFile(path, out.Bytes()); *err != nil {
			return ""
		}
	}
	b.known[key] = name
	return name
}

func (b *blobs) loadColor(name string, err *error) *image.RGBA {
	w, h, pix := b.get(name, 4, err)
	if pix == nil {
		return nil
	}
	img := &image.RGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
	b.known[img] = name
	return img
}

func (b *blobs) loadGrey(name string, err *error) *image.Gray {
	w, h, pix := b.get(name, 1, err)
	if pix == nil {
		return nil
	}
	return &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}
}

// get reads a blob and checks it against its name.
func (b *blobs) get(name string, channels int, err *error) (w, h int, pix []byte) {
	if name == "" || *err != nil {
		return 0, 0, nil
	}
	data, e := os.ReadFile(filepath.Join(b.folder, filepath.Base(name)))
	if e != nil {
		*err = fmt.Errorf("a picture of the last time is missing: %w", e)
		return 0, 0, nil
	}
	w, h, pix, e = unpack(data, name, channels)
	if e != nil {
		*err = e
	}
	return w, h, pix
}

func unpack(data []byte, name string, channels int) (w, h int, pix []byte, err error) {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), blobHead+4*pixel.MaxPixels+1))
	if err != nil || len(plain) < blobHead {
		return 0, 0, nil, fmt.Errorf("a picture of the last time is damaged (%s)", name)
	}
	w, h = int(binary.LittleEndian.Uint32(plain)), int(binary.LittleEndian.Uint32(plain[4:]))
	sum := sha256.Sum256(plain)
	pix = plain[blobHead:]
	if hex.EncodeToString(sum[:]) != name || int(binary.LittleEndian.Uint32(plain[8:])) != channels || len(pix) != w*h*channels || w == 0 {
		return 0, 0, nil, fmt.Errorf("a picture of the last time is damaged (%s)", name)
	}
	return w, h, pix, nil
}

// name notes what rows name, as JSON values that look like blob names.
func (b *blobs) name(rows map[string]any) {
	for row, value := range rows {
		js, _ := json.Marshal(value)
		found := map[string]bool{}
		for _, word := range strings.Split(string(js), `"`) {
			if len(word) == 2*sha256.Size {
				found[word] = true
			}
		}
		b.names[row] = found
	}
}

// sweep removes the files that no row names any more.
func (b *blobs) sweep(rows map[string]any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.name(rows)
	named := func(file string) bool {
		for _, row := range b.names {
			if row[file] {
				return true
			}
		}
		return false
	}
	for key, file := range b.known {
		if _, grey := key.(*image.Gray); grey || !named(file) {
			delete(b.known, key) // masks are copies, seen once
		}
	}
	files, err := os.ReadDir(b.folder)
	if err != nil {
		return
	}
	for _, f := range files {
		if len(f.Name()) == 2*sha256.Size && !named(f.Name()) {
			os.Remove(filepath.Join(b.folder, f.Name()))
		}
	}
}
