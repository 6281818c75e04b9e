package journal

import (
	"image"

	"nirvana/engine/fault"
)

// Entries are the pictures in a file such as a project, by name.
type Entries struct {
	Files map[string][]byte       // "blobs/NAME"
	Spend func(bytes int64) error // before they are unpacked; nil: no limit in all
}

func (b Entries) put(w, h, channels int, pix []byte) string {
	name, data := Pack(w, h, channels, pix)
	if _, ok := b.Files["blobs/"+name]; !ok {
		b.Files["blobs/"+name] = data()
	}
	return name
}

func (b Entries) Color(img *image.RGBA, err *error) string {
	if img == nil || *err != nil {
		return ""
	}
	return b.put(img.Rect.Dx(), img.Rect.Dy(), 4, img.Pix)
}

func (b Entries) Grey(img *image.Gray, err *error) string {
	if img == nil || *err != nil {
		return ""
	}
	return b.put(img.Rect.Dx(), img.Rect.Dy(), 1, img.Pix)
}

func (b Entries) LoadColor(name string, err *error) *image.RGBA {
	w, h, pix := b.get(name, 4, err)
	if pix == nil {
		return nil
	}
	return &image.RGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
}

func (b Entries) LoadGrey(name string, err *error) *image.Gray {
	w, h, pix := b.get(name, 1, err)
	if pix == nil {
		return nil
	}
	return &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}
}

func (b Entries) get(name string, channels int, err *error) (w, h int, pix []byte) {
	if name == "" || *err != nil {
		return 0, 0, nil
	}
	data, ok := b.Files["blobs/"+name]
	if !ok {
		*err = fault.Project.Errorf("a picture of the project is missing")
		return 0, 0, nil
	}
	if w, h, pix, *err = Unpack(data, name, channels); *err == nil && b.Spend != nil {
		*err = b.Spend(int64(len(pix)))
	}
	if *err != nil {
		return 0, 0, nil
	}
	return w, h, pix
}
