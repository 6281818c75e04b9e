package keep

import (
	"image"

	"nirvana/app/journal"
	"nirvana/engine/fault"
)

// Blobs are a project's pictures by name.
type Blobs struct {
	Entries map[string][]byte
	Spend   func(bytes int64) error // before they are unpacked; nil: no limit in all
}

func (b Blobs) put(w, h, channels int, pix []byte) string {
	name, data := journal.Pack(w, h, channels, pix)
	if _, ok := b.Entries["blobs/"+name]; !ok {
		b.Entries["blobs/"+name] = data()
	}
	return name
}

func (b Blobs) Color(img *image.RGBA, err *error) string {
	if img == nil || *err != nil {
		return ""
	}
	return b.put(img.Rect.Dx(), img.Rect.Dy(), 4, img.Pix)
}

func (b Blobs) Grey(img *image.Gray, err *error) string {
	if img == nil || *err != nil {
		return ""
	}
	return b.put(img.Rect.Dx(), img.Rect.Dy(), 1, img.Pix)
}

func (b Blobs) LoadColor(name string, err *error) *image.RGBA {
	w, h, pix := b.get(name, 4, err)
	if pix == nil {
		return nil
	}
	return &image.RGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
}

func (b Blobs) LoadGrey(name string, err *error) *image.Gray {
	w, h, pix := b.get(name, 1, err)
	if pix == nil {
		return nil
	}
	return &image.Gray{Pix: pix, Stride: w, Rect: image.Rect(0, 0, w, h)}
}

func (b Blobs) get(name string, channels int, err *error) (w, h int, pix []byte) {
	if name == "" || *err != nil {
		return 0, 0, nil
	}
	data, ok := b.Entries["blobs/"+name]
	if !ok {
		*err = fault.Project.Errorf("a picture of the project is missing")
		return 0, 0, nil
	}
	if w, h, pix, *err = journal.Unpack(data, name, channels); *err == nil && b.Spend != nil {
		*err = b.Spend(int64(len(pix)))
	}
	if *err != nil {
		return 0, 0, nil
	}
	return w, h, pix
}
