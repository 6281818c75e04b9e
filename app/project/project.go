// Package project reads and writes OpenRaster files (.ora): a zip of PNG layers and a stack.xml with their
// arrangement, as Krita, GIMP and MyPaint open it. Our projects are such files with further entries under Own, whose
// meaning is the caller's. Start with Read and Write.
//
// https://www.openraster.org/baseline/file-layout-spec.html
package project

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/app/disk"
	"nirvana/engine/budget"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/wholefile"
)

// Own is the folder of our entries inside the zip.
const Own = "nirvana/"

const (
	mimetype  = "image/openraster"
	stackFile = "stack.xml"
	merged    = "mergedimage.png"
	thumbnail = "Thumbnails/thumbnail.png"

	maxFile  = 4 << 30 // bytes of a project
	maxEntry = 1 << 30 // bytes of an entry, unpacked
	maxStack = 8 << 20 // of stack.xml

	// flatPictures is the limit of a file's decoded pictures, bytes: plain pictures compress very well.
	flatPictures = 1 << 30
)

// File is a project file.
type File struct {
	Width, Height int
	Layers        []Layer // topmost first
	// Merged is the flattened picture, Width x Height; Write requires it, Read sets it if the file has it.
	Merged *image.RGBA
	// Entries are those under Own, by name without it.
	Entries map[string][]byte
	// Damaged reports that a layer, or the list of layers, is missing, truncated or not a PNG: only Merged can be used.
	Damaged error

	decoded *budget.Budget // what its pictures may come to
}

// Group is a stack within the stack.
type Group struct {
	Name     string
	Opacity  float32 // 0 to 1
	Hidden   bool
	Locked   bool
	Op       string // composite-op
	Isolated bool   // isolated: composited by itself whatever its opacity and operation
	Within   *Group // nil: in none
}

// Layer is one picture of the stack. Its attributes are its own; its groups have theirs.
type Layer struct {
	Name    string
	Source  string // the entry in the zip; Write makes one up
	PNG     []byte // its file
	At      image.Point
	Opacity float32 // 0 to 1
	Hidden  bool
	Locked  bool
	Op      string // composite-op; "" or "svg:src-over" is normal
	Within  *Group // nil: in none; layers of one group follow each other

	decoded *budget.Budget
}

// shown reports whether neither the layer nor a group around it is hidden.
func (l Layer) shown() bool {
	for g := l.Within; g != nil; g = g.Within {
		if g.Hidden {
			return false
		}
	}
	return !l.Hidden
}

// Picture decodes the layer.
func (l Layer) Picture() (*image.RGBA, error) {
	img, err := picture(l.PNG, l.decoded)
	if err != nil {
		return nil, fmt.Errorf("layer %q: %w", l.Name, err)
	}
	return img, nil
}

// picture decodes a PNG within the file's remaining limit.
func picture(data []byte, b *budget.Budget) (*image.RGBA, error) {
	if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && b != nil {
		if err := b.Spend(4 * int64(c.Width) * int64(c.Height)); err != nil {
			return nil, err
		}
	}
	return pixel.Decode(bytes.NewReader(data))
}

// Read reads a project file. Names in it cannot refer to anything outside of it.
func Read(sys disk.System, name string) (*File, error) {
	data, err := disk.Read(sys, name, maxFile)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be opened: %w", name, err)
	}
	f, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return f, nil
}

// Decode reads the bytes of a project file. Where layers are damaged and the merged picture is whole, File.Damaged says so.
func Decode(data []byte) (*File, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fault.Project.Errorf("this is not an OpenRaster file, or it was cut off: save it again (%w)", err)
	}
	f := &File{Entries: map[string][]byte{}, decoded: budget.For(int64(len(data))).More(flatPictures)}
	in, err := open(z, budget.For(int64(len(data))))
	if err != nil {
		return nil, err
	}
	kind, err := in.entry("mimetype", 1<<10)
	if err != nil || strings.TrimSpace(string(kind)) != mimetype {
		return nil, fault.Project.Errorf("this is not an OpenRaster file: save it as .ora")
	}
	if data, err := in.entry(merged, maxEntry); err == nil {
		f.Merged, _ = picture(data, f.decoded) // without it the layers are put together
	}
	xml, err := in.entry(stackFile, maxStack)
	if err == nil {
		err = f.readStack(xml, in)
	}
	if errors.Is(err, errDamaged) && (f.keepWhole() || f.Merged != nil) {
		f.Damaged = err
	} else if err != nil {
		return nil, err
	}
	if f.Merged != nil && f.Width == 0 {
		f.Width, f.Height = f.Merged.Rect.Dx(), f.Merged.Rect.Dy()
	}
	return f, f.readOwn(in)
}

// keepWhole drops damaged layers; false if none is left.
func (f *File) keepWhole() bool {
	f.Layers = slices.DeleteFunc(f.Layers, func(l Layer) bool { return !l.begins() })
	return f.Width > 0 && len(f.Layers) > 0
}

// begins reports whether it looks like a picture, without decoding it.
func (l Layer) begins() bool {
	_, _, err := image.DecodeConfig(bytes.NewReader(l.PNG))
	return err == nil
}

// Spend subtracts bytes from the limit of the file's decoded pictures; an error if it is exceeded.
func (f *File) Spend(bytes int64) error { return f.decoded.Spend(bytes) }

// readOwn reads our own entries. A damaged one is treated as missing.
func (f *File) readOwn(in *entries) error {
	for name := range in.files {
		own, ok := strings.CutPrefix(name, Own)
		if !ok || own == "" || strings.HasSuffix(own, "/") {
			continue
		}
		data, err := in.entry(name, maxEntry)
		switch {
		case err == nil:
			f.Entries[own] = data
		case !errors.Is(err, errDamaged):
			return err
		}
	}
	return nil
}

// Write writes a project atomically. Entries of the existing file that neither the old nor the new project uses are
// preserved.
func Write(sys disk.System, name string, f *File) error {
	if f.Merged == nil || f.Width <= 0 || f.Height <= 0 {
		return fault.NeedsInput.Errorf("there is no picture to save yet: generate or open one first")
	}
	old, err := unknown(sys, name)
	if err != nil {
		return err
	}
	return disk.Give(sys, name, func(w io.Writer) error { return f.encode(w, old) })
}

// unknown are the entries of an existing file that are not ours to write.
func unknown(sys disk.System, name string) ([]*zip.File, error) {
	if _, err := sys.Stat(name); err != nil {
		return nil, nil
	}
	data, err := disk.Read(sys, name, maxFile)
	if err != nil {
		return nil, fault.Unwritable.Errorf("%s cannot be read, and saving would lose what others put there: %w", name, err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil // there is nothing to preserve
	}
	used := map[string]bool{"mimetype": true, stackFile: true, merged: true, thumbnail: true}
	if f, err := Decode(data); err == nil {
		for _, l := range f.Layers {
			used[plainName(l.Source)] = true
		}
	}
	var out []*zip.File
	for _, f := range z.File {
		if name := plainName(f.Name); !used[name] && !strings.HasPrefix(name, Own) {
			out = append(out, f)
		}
	}
	return out, nil
}

func (f *File) encode(w io.Writer, old []*zip.File) error {
	z := zip.NewWriter(w)
	put := func(name string, method uint16, data []byte) error {
		to, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = to.Write(data)
		}
		return err
	}
	taken := map[string]bool{}
	for _, o := range old {
		taken[o.Name] = true
	}
	xml, names := f.stack(taken)
	whole, err := encoded(f.Merged)
	if err != nil {
		return err
	}
	small, err := encoded(pixel.Thumbnail(f.Merged, 256))
	if err != nil {
		return err
	}
	errs := []error{put("mimetype", zip.Store, []byte(mimetype)), put(stackFile, zip.Deflate, xml)} // first and stored: the format asks for it
	for i, l := range f.Layers {
		errs = append(errs, put(names[i], zip.Store, l.PNG))
	}
	errs = append(errs, put(merged, zip.Store, whole), put(thumbnail, zip.Store, small))
	for _, name := range sorted(f.Entries) {
		method := uint16(zip.Store)
		if path.Ext(name) == ".json" {
			method = zip.Deflate
		}
		errs = append(errs, put(Own+name, method, f.Entries[name]))
	}
	for _, o := range old {
		errs = append(errs, z.Copy(o))
	}
	return errors.Join(append(errs, z.Close())...)
}

// Thumbnail reads the small picture of a project file.
func Thumbnail(name string) (*image.RGBA, error) {
	file, err := wholefile.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(file, info.Size())
	if err != nil {
		return nil, fault.Project.Errorf("%s is damaged: %w", filepath.Base(name), err)
	}
	small, err := z.Open(thumbnail)
	if err != nil {
		return nil, fault.Project.Errorf("%s has no thumbnail: %w", filepath.Base(name), err)
	}
	defer small.Close()
	return pixel.Decode(io.LimitReader(small, 1<<20))
}
