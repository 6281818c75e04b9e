package psd

import (
	"image"
	"unicode/utf16"

	"nirvana/app/layers"
	"nirvana/engine/budget"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/pixel/composite"
)

// source reads a part of a file sequentially. At its end it returns zeros and sets failed.
type source struct {
	data   []byte
	failed bool
}

func (s *source) take(n int) []byte {
	if n < 0 || n > len(s.data) {
		s.failed, s.data = true, nil
		return nil
	}
	out := s.data[:n:n]
	s.data = s.data[n:]
	return out
}

func (s *source) number(bytes int) int {
	v := uint64(0)
	for _, b := range s.take(bytes) {
		v = v<<8 | uint64(b)
	}
	if v > 1<<40 {
		s.failed = true
		return 0
	}
	return int(v)
}

func (s *source) signed() int { return int(int32(s.number(4))) }

// part is the next section, which is preceded by its length.
func (s *source) part(bytes int) *source { return &source{data: s.take(s.number(bytes))} }

type reader struct {
	large    bool // a PSB: some lengths have eight bytes
	depth    int  // bytes a channel
	channels int  // of the merged picture
	grey     bool
	budget   *budget.Budget
	file     *File
}

func (r *reader) wide() int {
	if r.large {
		return 8
	}
	return 4
}

// Decode reads the bytes of a file. Inconsistent values are errors, and data that unpacks to far more than its size is
// refused.
func Decode(data []byte) (f *File, err error) {
	s := &source{data: data}
	if string(s.take(4)) != "8BPS" {
		return nil, fault.NoPicture.Errorf("this is not a Photoshop file")
	}
	version := s.number(2)
	s.take(6)
	r := &reader{large: version == 2, channels: s.number(2), budget: budget.For(int64(len(data))).More(1 << 30), file: &File{}}
	f = r.file
	f.Height, f.Width = s.number(4), s.number(4)
	depth, mode := s.number(2), s.number(2)
	r.depth, r.grey = depth/8, mode == 1
	switch {
	case s.failed || version != 1 && version != 2 || f.Width <= 0 || f.Height <= 0 || r.channels < 1 || r.channels > 56:
		return nil, damaged("its head")
	case mode != 3 && mode != 1:
		return nil, fault.NoPicture.Errorf("the Photoshop file is neither RGB nor grey: convert it there first")
	case depth != 8 && depth != 16:
		return nil, fault.NoPicture.Errorf("the Photoshop file has %d bits a channel: convert it to 8 or 16 there first", depth)
	case f.Width > 10*maxSide || f.Height > 10*maxSide || f.Width > pixel.MaxPixels/f.Height:
		return nil, fault.TooLarge.Errorf("a picture of %d x %d pixels cannot be opened", f.Width, f.Height)
	}
	s.part(4) // colours of a palette
	s.part(4) // resources: guides, thumbnails
	section := s.part(r.wide())
	if s.failed {
		return nil, damaged("its sections")
	}
	if err := r.layers(section); err != nil {
		return nil, err
	}
	if err := r.merged(s); err != nil && f.Layers == nil {
		return nil, err
	}
	return f, nil
}

// layers reads the section of layers; those of 16 bits are in a separate block.
func (r *reader) layers(s *source) error {
	if len(s.data) == 0 {
		return nil
	}
	info := s.part(r.wide())
	s.part(4) // a mask of all
	for len(info.data) < 2 && len(s.data) > 12 {
		s.take(4)
		key := string(s.take(4))
		n := s.number(r.blockWide(key))
		block := s.take((n + 3) &^ 3)
		if s.failed {
			return nil // padding
		}
		if key == "Lr16" || key == "Layr" {
			info = &source{data: block}
		}
	}
	if len(info.data) < 2 {
		return nil
	}
	return r.list(info)
}

// blockWide is how many bytes a block's length has.
func (r *reader) blockWide(key string) int {
	switch key {
	case "LMsk", "Lr16", "Lr32", "Layr", "Mt16", "Mt32", "Mtrn", "Alph", "FMsk", "lnk2", "FEid", "FXid", "PxSD":
		return r.wide()
	}
	return 4
}

// record is a layer's record in the file, before its pixels.
type record struct {
	layer   layers.Layer
	rect    image.Rectangle
	mask    image.Rectangle
	outside uint8 // of the mask
	noMask  bool
	clipped bool
	section int
	ids     []int
	lengths []int
}

func (r *reader) list(s *source) error {
	n := int(int16(s.number(2)))
	if n < 0 {
		n = -n
	}
	if n > maxCount {
		return damaged("it has too many layers")
	}
	var all []*record
	for range n {
		rec, err := r.record(s)
		if err != nil {
			return err
		}
		all = append(all, rec)
	}
	for _, rec := range all {
		if err := r.pixels(s, rec); err != nil {
			return err
		}
	}
	list := r.arranged(all)
	if len(list) == 0 {
		return nil
	}
	var err error
	r.file.Layers, err = layers.Folded(list)
	return err
}

func rect(s *source) image.Rectangle {
	top, left, bottom, right := s.signed(), s.signed(), s.signed(), s.signed()
	return image.Rectangle{Min: image.Pt(left, top), Max: image.Pt(right, bottom)}
}

func (r *reader) record(s *source) (*record, error) {
	rec := &record{rect: rect(s)}
	channels := s.number(2)
	if channels > 56 {
		return nil, damaged("a layer's channels")
	}
	for range channels {
		rec.ids = append(rec.ids, int(int16(s.number(2))))
		rec.lengths = append(rec.lengths, s.number(r.wide()))
	}
	if string(s.take(4)) != "8BIM" {
		return nil, damaged("a layer")
	}
	mode, known := modeOf(string(s.take(4)))
	opacity, clipping, flags := s.number(1), s.number(1), s.number(1)
	s.take(1)
	rec.layer = layers.Layer{Opacity: float32(opacity) / 255, Mode: mode, Hidden: flags&2 != 0, LockAlpha: flags&1 != 0}
	rec.clipped = clipping == 1
	extra := s.part(4)
	r.maskOf(extra.part(4), rec)
	extra.part(4) // ranges
	name := extra.take(extra.number(1))
	extra.take((4 - (len(name)+1)%4) % 4)
	rec.layer.Name = latin(name)
	for len(extra.data) >= 12 {
		extra.take(4)
		key := string(extra.take(4))
		n := extra.number(r.blockWide(key))
		block := &source{data: extra.take(n)}
		if n%2 == 1 && len(extra.data) > 0 {
			extra.take(1)
		}
		if extra.failed {
			break
		}
		known = r.block(key, block, rec) && known
	}
	if s.failed {
		return nil, damaged("a layer")
	}
	if !known && !rec.layer.Hidden {
		r.file.Beyond = true
	}
	return rec, nil
}

// maskOf reads the rectangle of a layer's mask.
func (r *reader) maskOf(s *source, rec *record) {
	if len(s.data) < 18 {
		return
	}
	rec.mask = rect(s)
	rec.outside = uint8(s.number(1))
	rec.noMask = s.number(1)&2 != 0
}

// block reads an additional block of a layer; false if it is not supported.
func (r *reader) block(key string, s *source, rec *record) bool {
	switch key {
	case "luni":
		if n := s.number(4); n >= 0 && n <= len(s.data)/2 {
			text := make([]uint16, n)
			for i := range text {
				text[i] = uint16(s.number(2))
			}
			for len(text) > 0 && text[len(text)-1] == 0 {
				text = text[:len(text)-1]
			}
			rec.layer.Name = string(utf16.Decode(text))
		}
	case "lsct", "lsdk":
		rec.section = s.number(4)
		if len(s.data) >= 8 {
			s.take(4)
			key := string(s.take(4))
			mode, known := modeOf(key)
			rec.layer.Mode, rec.layer.Isolated = mode, key != "pass"
			return known
		}
	case "lspf":
		flags := s.number(4)
		rec.layer.LockAlpha = rec.layer.LockAlpha || flags&1 != 0
		rec.layer.Locked = flags&2 != 0
	case "lfx2", "lrFX", "lmfx", "SoCo", "GdFl", "PtFl", "brit", "levl", "curv", "expA", "vibA", "hue2", "hue ", "blnc", "blwh", "phfl", "mixr", "clrL", "nvrt", "post", "thrs", "grdm", "selc", "vmsk", "vsms":
		return false // effects, fills and adjustments
	}
	return true
}

func latin(name []byte) string {
	out := make([]rune, len(name))
	for i, b := range name {
		out[i] = rune(b)
	}
	return string(out)
}

// arranged builds the tree of layers, lowest first, from the file's list with its group markers.
func (r *reader) arranged(all []*record) []layers.Layer {
	type open struct{ list []layers.Layer }
	stack := []open{{}}
	for _, rec := range all {
		top := &stack[len(stack)-1]
		switch rec.section {
		case sectionEnd: // a group's lower end comes first
			stack = append(stack, open{})
		case sectionOpen, sectionClosed:
			l := rec.layer
			l.Group = true
			if len(stack) > 1 {
				l.Layers = top.list
				stack = stack[:len(stack)-1]
				top = &stack[len(stack)-1]
			}
			top.list = append(top.list, l)
		default:
			if rec.clipped {
				r.clip(&top.list, rec.layer)
				continue
			}
			top.list = append(top.list, rec.layer)
		}
	}
	for len(stack) > 1 { // an end without a beginning
		last := stack[len(stack)-1].list
		stack = stack[:len(stack)-1]
		stack[len(stack)-1].list = append(stack[len(stack)-1].list, last...)
	}
	return stack[0].list
}

// clip puts a clipped layer into a group with the layer below it.
func (r *reader) clip(list *[]layers.Layer, l layers.Layer) {
	n := len(*list)
	if n == 0 {
		*list = append(*list, l)
		return
	}
	if l.Mode != composite.Normal && !l.Hidden {
		r.file.Beyond = true // its mode and its clipping cannot both be represented
	}
	l.Mode = composite.SourceAtop
	base := &(*list)[n-1]
	if !base.Group || !base.Isolated || base.Name != clipName {
		mode, opacity, hidden := base.Mode, base.Opacity, base.Hidden
		inner := *base
		inner.Mode, inner.Opacity, inner.Hidden = composite.Normal, 1, false
		*base = layers.Layer{Name: clipName, Group: true, Isolated: true, Mode: mode, Opacity: opacity, Hidden: hidden, Layers: []layers.Layer{inner}}
	}
	base.Layers = append(base.Layers, l)
}

const clipName = "Clipped"
