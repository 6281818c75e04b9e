package journal

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"sync"

	"nirvana/app/disk"
	"nirvana/engine/pixel"
)

// Blobs are pictures as files named by the SHA-256 of their contents: width,
// height and channels as little-endian uint32, then the pixels, deflated. PNG
// would not give premultiplied pixels back to the bit.
type Blobs struct {
	sys    disk.System
	folder string
	mu     sync.Mutex
	known  map[any]string  // pictures that were seen, by pointer; their pixels do not change
	fresh  map[string]bool // written since the last Sweep: their record may be on its way
}

const (
	blobHead  = 12
	nameChars = 2 * sha256.Size
)

func openBlobs(sys disk.System, folder string) (*Blobs, error) {
	if err := sys.MakeFolder(folder); err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be made, choose another: %w", folder, err)
	}
	disk.Sweep(sys, folder)
	return &Blobs{sys: sys, folder: folder, known: map[any]string{}, fresh: map[string]bool{}}, nil
}

// Color stores a picture and names it; "" for nil. Nothing is done once err is set.
func (b *Blobs) Color(img *image.RGBA, err *error) string {
	if img == nil || *err != nil {
		return ""
	}
	return b.put(img, img.Rect, 4, img.Pix, err)
}

// Grey stores a mask that nobody writes to any more.
func (b *Blobs) Grey(img *image.Gray, err *error) string {
	if img == nil || *err != nil {
		return ""
	}
	return b.put(img, img.Rect, 1, img.Pix, err)
}

// put looks whether the file is there each time: someone may have removed it.
func (b *Blobs) put(key any, r image.Rectangle, channels int, pix []byte, err *error) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	name, known := b.known[key]
	if known {
		if _, e := b.sys.Stat(filepath.Join(b.folder, name)); e == nil {
			return name
		}
	}
	name, data := Pack(r.Dx(), r.Dy(), channels, pix)
	path := filepath.Join(b.folder, name)
	if _, e := b.sys.Stat(path); e != nil {
		*err = disk.Write(b.sys, path, func(w io.Writer) error {
			_, err := w.Write(data())
			return err
		})
		if *err != nil {
			return ""
		}
	}
	b.known[key], b.fresh[name] = name, true
	return name
}

// Pack gives a picture's name and, when they are wanted, its file's contents.
func Pack(w, h, channels int, pix []byte) (name string, data func() []byte) {
	var head [blobHead]byte
	for i, v := range []int{w, h, channels} {
		binary.LittleEndian.PutUint32(head[4*i:], uint32(v))
	}
	sum := sha256.New()
	sum.Write(head[:])
	sum.Write(pix)
	return hex.EncodeToString(sum.Sum(nil)), func() []byte {
		var out bytes.Buffer
		z, _ := flate.NewWriter(&out, flate.BestSpeed)
		z.Write(head[:])
		z.Write(pix)
		z.Close()
		return out.Bytes()
	}
}

// LoadColor reads a picture; nil for "".
func (b *Blobs) LoadColor(name string, err *error) *image.RGBA {
	w, h, pix := b.get(name, 4, err)
	if pix == nil {
		return nil
	}
	img := &image.RGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
	b.remember(img, name)
	return img
}

// LoadGrey reads a mask; nil for "".
func (b *Blobs) LoadGrey(name string, err *error) *image.Gray {
	w, h, pix := b.get(name, 1, err)
	if pix == nil {
		return nil
	}
	return &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}
}

func (b *Blobs) remember(key any, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known[key] = name
}

func (b *Blobs) get(name string, channels int, err *error) (w, h int, pix []byte) {
	if name == "" || *err != nil {
		return 0, 0, nil
	}
	data, e := disk.Read(b.sys, filepath.Join(b.folder, filepath.Base(name)), 8*pixel.MaxPixels)
	if e != nil {
		*err = fmt.Errorf("a picture of the last time is missing: %w", e)
		return 0, 0, nil
	}
	w, h, pix, *err = Unpack(data, name, channels)
	return w, h, pix
}

// Unpack reads a blob's file and checks it against its name and channels.
func Unpack(data []byte, name string, channels int) (w, h int, pix []byte, err error) {
	wrong := fmt.Errorf("a picture of the last time is damaged (%.16s)", name)
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), blobHead+4*pixel.MaxPixels+1))
	if err != nil || len(plain) < blobHead {
		return 0, 0, nil, wrong
	}
	w, h = int(binary.LittleEndian.Uint32(plain)), int(binary.LittleEndian.Uint32(plain[4:]))
	sum := sha256.Sum256(plain)
	pix = plain[blobHead:]
	if hex.EncodeToString(sum[:]) != name || int(binary.LittleEndian.Uint32(plain[8:])) != channels || w == 0 || h == 0 ||
		uint64(w)*uint64(h) > pixel.MaxPixels || len(pix) != w*h*channels {
		return 0, 0, nil, wrong
	}
	return w, h, pix, nil
}

// Sweep forgets the pictures whose names are not kept, and removes their files.
func (b *Blobs) Sweep(kept map[string]bool, remove bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, name := range b.known {
		if !kept[name] && !b.fresh[name] {
			delete(b.known, key)
		}
	}
	fresh := b.fresh
	b.fresh = map[string]bool{}
	files, err := b.sys.List(b.folder)
	if err != nil || !remove {
		return
	}
	for _, f := range files {
		if name := f.Name(); IsName(name) && !kept[name] && !fresh[name] {
			b.sys.Remove(filepath.Join(b.folder, name))
		}
	}
}

// IsName says whether a text could name a blob.
func IsName(s string) bool { return len(s) == nameChars }
