package journal

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"image"
	"io"
	"path/filepath"
	"strings"
	"sync"

	"nirvana/app/disk"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// Blobs are pictures as files named by the SHA-256 of their contents: width,
// height and channels as little-endian uint32, then the pixels, deflated. PNG would not restore premultiplied pixels
// exactly.
// A file has to be synced before a record may refer to it, which may take longer than a change may wait. So a new
// picture is first written to the journal, as the record "blob/NAME" in the transaction that refers to it; Sync writes
// the file.
type Blobs struct {
	journal *Journal
	sys     disk.System
	folder  string
	mu      sync.Mutex
	known   map[any]string      // known pictures, by pointer; they are immutable
	waiting map[string]*picture // those that are no files yet
	kept    map[string]bool     // names in records, immutable; nil: not known yet
	named   map[string]bool     // since the last Keep: their record may be on its way
	before  map[string]bool     // and since the one before
}

// picture is one that is no file yet.
type picture struct {
	w, h, channels int
	pix            []byte // nil: only the journal has it
	handed         bool
}

const (
	blobHead  = 12
	nameChars = 2 * sha256.Size
)

func blobRecord(name string) string { return "blob/" + name }

func openBlobs(sys disk.System, folder string, j *Journal) (*Blobs, error) {
	if err := sys.MakeFolder(folder); err != nil && !j.Copy {
		return nil, fault.Unwritable.Errorf("the data folder %s cannot be made, choose another: %w", folder, err)
	}
	b := &Blobs{journal: j, sys: sys, folder: folder, known: map[any]string{}, waiting: map[string]*picture{}, named: map[string]bool{}}
	if !j.ReadOnly {
		disk.Sweep(sys, folder)
	}
	names, err := j.Names("blob/")
	for _, name := range names {
		b.waiting[strings.TrimPrefix(name, "blob/")] = &picture{handed: true}
	}
	return b, err
}

// Color stores a picture and names it; "" for nil. Nothing is done once err is set.
func (b *Blobs) Color(img *image.RGBA, err *error) string {
	if img == nil || *err != nil {
		return ""
	}
	return b.put(img, img.Rect, 4, img.Pix)
}

// Grey stores a mask that nobody writes to any more.
func (b *Blobs) Grey(img *image.Gray, err *error) string {
	if img == nil || *err != nil {
		return ""
	}
	return b.put(img, img.Rect, 1, img.Pix)
}

// put checks each time whether the file exists: someone may have removed it.
func (b *Blobs) put(key any, r image.Rectangle, channels int, pix []byte) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	name, known := b.known[key]
	if !known {
		name, _ = Pack(r.Dx(), r.Dy(), channels, pix)
		b.known[key] = name
	}
	b.named[name] = true
	if b.waiting[name] == nil && !b.isFile(name) {
		b.waiting[name] = &picture{w: r.Dx(), h: r.Dy(), channels: channels, pix: pix}
	}
	return name
}

func (b *Blobs) isFile(name string) bool {
	_, err := b.sys.Stat(filepath.Join(b.folder, name))
	return err == nil
}

// unhanded are the records of pictures that are not committed yet.
func (b *Blobs) unhanded() map[string][]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string][]byte{}
	for name, p := range b.waiting {
		if !p.handed {
			out[blobRecord(name)] = p.plain()
		}
	}
	return out
}

func (b *Blobs) handed(records map[string][]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, p := range b.waiting {
		if _, ok := records[blobRecord(name)]; ok {
			p.handed = true
		}
	}
}

// write writes the files of committed pictures and removes them from the journal. Pictures that are no longer needed are
// only removed.
func (b *Blobs) write() error {
	b.mu.Lock()
	todo := map[string]*picture{}
	for name, p := range b.waiting {
		if p.handed {
			todo[name] = p
		}
	}
	b.mu.Unlock()
	for name, p := range todo {
		b.mu.Lock()
		needed := b.needs(name)
		b.mu.Unlock()
		if needed && !b.isFile(name) {
			if err := b.writeFile(name, p); err != nil {
				return err
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock() // a picture that is being removed must not be referred to again
	gone := map[string][]byte{}
	for name := range todo {
		if b.isFile(name) || !b.needs(name) {
			gone[blobRecord(name)] = nil
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := b.journal.commit(gone); err != nil {
		return err
	}
	for record := range gone {
		delete(b.waiting, strings.TrimPrefix(record, "blob/"))
	}
	return nil
}

func (b *Blobs) needs(name string) bool {
	return b.kept == nil || b.kept[name] || b.named[name] || b.before[name]
}

func (b *Blobs) writeFile(name string, p *picture) error {
	plain := p.plain()
	if plain == nil {
		var err error
		if plain, err = b.journal.Record(blobRecord(name)); err != nil {
			return err
		}
	}
	return disk.Write(b.sys, filepath.Join(b.folder, name), func(w io.Writer) error {
		_, err := w.Write(squeezed(plain))
		return err
	})
}

// plain is the picture in the journal's format; nil if only the journal has it.
func (p *picture) plain() []byte {
	if p.pix == nil {
		return nil
	}
	return append(head(p.w, p.h, p.channels), p.pix...)
}

func head(w, h, channels int) []byte {
	var out []byte
	for _, v := range []int{w, h, channels} {
		out = binary.LittleEndian.AppendUint32(out, uint32(v))
	}
	return out
}

func squeezed(plain []byte) []byte {
	var out bytes.Buffer
	z, _ := flate.NewWriter(&out, flate.BestSpeed)
	z.Write(plain)
	z.Close()
	return out.Bytes()
}

// Pack returns a picture's name and, on request, its file's contents.
func Pack(w, h, channels int, pix []byte) (name string, data func() []byte) {
	sum := sha256.New()
	sum.Write(head(w, h, channels))
	sum.Write(pix)
	return hex.EncodeToString(sum.Sum(nil)), func() []byte { return squeezed(append(head(w, h, channels), pix...)) }
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
		if plain, _ := b.journal.Record(blobRecord(name)); plain != nil {
			w, h, pix, *err = unpacked(plain, name, channels)
			return w, h, pix
		}
		*err = fault.Lost.Errorf("a picture of the last session is missing: %w", e)
		return 0, 0, nil
	}
	w, h, pix, *err = Unpack(data, name, channels)
	return w, h, pix
}

// Unpack reads a blob's file and checks it against its name and channels.
func Unpack(data []byte, name string, channels int) (w, h int, pix []byte, err error) {
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), blobHead+4*pixel.MaxPixels+1))
	if err != nil {
		plain = nil
	}
	return unpacked(plain, name, channels)
}

func unpacked(plain []byte, name string, channels int) (w, h int, pix []byte, err error) {
	wrong := fault.Lost.Errorf("a picture of the last session is damaged (%.16s)", name)
	if len(plain) < blobHead {
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

// Keep sets which names the committed records refer to.
func (b *Blobs) Keep(names map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept, b.before, b.named = names, b.named, map[string]bool{}
	for key, name := range b.known {
		if !names[name] && !b.before[name] {
			delete(b.known, key)
		}
	}
}

func (b *Blobs) keptNow() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept
}

// sweep removes the files that neither the synced records (was) nor the records committed since refer to.
func (b *Blobs) sweep(was map[string]bool, keepAll bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	files, err := b.sys.List(b.folder)
	if err != nil || keepAll || was == nil {
		return
	}
	for _, f := range files {
		if name := f.Name(); IsName(name) && !was[name] && !b.needs(name) {
			b.sys.Remove(filepath.Join(b.folder, name))
		}
	}
}

// IsName reports whether a text could name a blob.
func IsName(s string) bool { return len(s) == nameChars }

// NamesIn are the words of JSON that look like blob names.
func NamesIn(js []byte) []string {
	var out []string
	for _, word := range strings.Split(string(js), `"`) {
		if IsName(word) {
			out = append(out, word)
		}
	}
	return out
}
