package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/app/document"
	"nirvana/app/layers"
	"nirvana/app/project"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// OpenProject opens an OpenRaster file. One of another program becomes a
// picture, with the layers called Mask and Scribble as those; asPicture does the same with one of ours.
func (s *Studio) OpenProject(path string, asPicture bool) error {
	defer s.together()()
	f, saved, err := s.readProject(path)
	if f != nil && (asPicture || err == nil && saved == nil) {
		return s.importLayers(path, f)
	}
	if err != nil {
		return err
	}
	s.setAside()
	place, held := s.holdProject(path)
	if err := s.takeProject(path, f, *saved); err != nil {
		return err
	}
	s.place.become(place)
	if held != nil {
		s.notify(&Notice{Headline: s.say("This project is open in another window"), Advice: s.say("It is open here for reading: save it under another name to keep changes.")})
	}
	return nil
}

// readProject reads an OpenRaster file, and what we have put into it; nil where that is nothing.
func (s *Studio) readProject(path string) (*project.File, *savedProject, error) {
	f, err := project.Read(s.options.Disk, path)
	if err != nil {
		return nil, nil, err
	}
	js, ours := f.Entries["project.json"]
	if !ours {
		return f, nil, nil
	}
	var saved savedProject
	var version struct{ Version int }
	if json.Unmarshal(js, &version) == nil && version.Version > ProjectVersion {
		return f, nil, fmt.Errorf("%s: %w", filepath.Base(path), ErrNewer)
	}
	if err := json.Unmarshal(js, &saved); err != nil {
		return f, nil, fault.Project.Errorf("%s: the project is damaged, open its picture alone (%w)", filepath.Base(path), err)
	}
	return f, &saved, nil
}

// takeProject makes a project the studio's state.
func (s *Studio) takeProject(path string, f *project.File, saved savedProject) error {
	b := projectBlobs{f.Entries, f.Spend}
	var err error
	picture, stack, drawn := saved.Document.Drawn(b)
	mask, scribble := b.LoadGrey(saved.Mask, &err), b.LoadGrey(saved.Scribble, &err)
	if err = errors.Join(drawn, err); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	d := s.Document
	s.forget()
	steps := saved.Undo
	if elsewhere, painted := paintedElsewhere(f, saved, picture); painted != nil {
		stack, picture, steps = elsewhere, painted, document.SavedUndo{}
	}
	before := s.Settings
	settings := saved.Settings
	settings.Belong(before)
	outside := settings.KeepInside(before, s.Models)
	for i := range saved.Tray.Candidates {
		saved.Tray.Candidates[i].Job.UseOwn(s.find)
	}
	if _, here := s.find(settings.Model); !here {
		s.notify(&Notice{Headline: fmt.Sprintf(s.say("There is no model called %s"), settings.Model), Advice: s.say("Choose another in the Model menu, or add its folder.")})
		settings.Model, settings.ModelDir = before.Model, before.ModelDir
	}
	s.sayOutside(path, outside)
	settings.Clamp(s.Facts)
	s.Settings, s.sized = settings, true
	if settings.Model != before.Model || settings.ModelDir != before.ModelDir {
		s.Open(settings.Model)
	}
	err = s.restoreTray(saved.Tray, b)
	d.TakeProject(document.Project{Path: path, Saved: saved.Document, Picture: picture, Layers: stack, Mask: mask, Scribble: scribble, Undo: steps,
		Step: func(id int64) []byte { return f.Entries[document.UndoRecord(id)] }, Made: s.takeHistory(f)}, b)
	s.changed(ChangedPicture | ChangedMask | ChangedFrame | ChangedSettings | ChangedTray | ChangedUndo | ChangedHistory | ChangedStep)
	d.Unsaved = false
	s.changed(ChangedUndo) // the window's title says so
	return err
}

// ownLayer says that a layer is what we make for other programs beside those of the picture.
func ownLayer(l project.Layer) bool {
	return isPlane(l) || strings.HasPrefix(l.Name, "Candidate ") && strings.Contains(l.Name, ", seed ")
}

func isPlane(l project.Layer) bool {
	return strings.EqualFold(l.Name, maskLayer) || strings.EqualFold(l.Name, scribbleLayer)
}

// paintedElsewhere are the layers and the picture where another program has changed them; nil where they are ours.
// Where there was the picture alone and no other layer is there now, it stays that.
func paintedElsewhere(f *project.File, saved savedProject, was *image.RGBA) (*layers.Stack, *image.RGBA) {
	own := slices.DeleteFunc(slices.Clone(f.Layers), ownLayer)
	if saved.Document.Layers == nil && len(own) == 1 {
		return nil, paintedPicture(f, saved, was)
	}
	if was == nil || saved.Document.Layers != nil && layersSum(own) == saved.Layer {
		return nil, nil
	}
	stack, plain, err := f.Stack(ownLayer)
	if err != nil || !plain || stack.Count() == 0 || stack.Count() > layers.Most {
		return nil, nil
	}
	stack = stack.Shifted(image.Point{}.Sub(saved.Corner), was.Rect)
	return stack, stack.Picture(was.Rect)
}

// paintedPicture is the layer "Picture" where another program has changed it.
func paintedPicture(f *project.File, saved savedProject, was *image.RGBA) *image.RGBA {
	for _, l := range f.Layers {
		hash := sha256.Sum256(l.PNG)
		if was == nil || l.Name != pictureLayer || hex.EncodeToString(hash[:]) == saved.Layer {
			continue
		}
		if img, err := l.Picture(); err == nil {
			out := image.NewRGBA(was.Rect) // programs cut layers to what is painted
			draw.Draw(out, img.Rect.Add(l.At).Sub(saved.Corner), img, image.Point{}, draw.Src)
			return out
		}
	}
	return nil
}

// takeHistory puts a project's pictures into the history, where they are not there yet.
func (s *Studio) takeHistory(f *project.File) (made []int64) {
	names := slices.Sorted(maps.Keys(f.Entries))
	for _, name := range names {
		if !strings.HasPrefix(name, "history/") {
			continue
		}
		if id, err := s.History.Import(f.Entries[name]); err == nil {
			made = append(made, id)
		}
	}
	return made
}

// importLayers makes a document of a file of another program: its layers, or its merged picture where that alone shows
// what they look like.
func (s *Studio) importLayers(path string, f *project.File) error {
	stack, plain, err := f.Stack(isPlane)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	var picture *image.RGBA
	if plain {
		picture = stack.Picture(image.Rect(0, 0, f.Width, f.Height))
	}
	_, ours := f.Entries["project.json"]
	planes := slices.ContainsFunc(f.Layers, func(l project.Layer) bool { return !l.Hidden && isPlane(l) })
	switch {
	case !plain && f.Merged == nil:
		return fault.Project.Errorf("%s mixes layers in ways that only its merged picture shows, and it has none: export it as PNG", filepath.Base(path))
	case !plain, !ours && !planes && apart(picture, f.Merged):
		picture, stack = f.Merged, nil // GIMP 3.0 cuts off what a layer has beyond the corner of its size
	case stack.Count() == 0, stack.Count() > layers.Most, single(stack, picture):
		stack = nil
	}
	d := s.Document
	s.begin(&pixel.File{Picture: picture}, path, nil)
	d.TakeLayers(stack)
	if mask := planeOf(f, maskLayer, picture.Rect); mask != nil {
		d.SetMask("import", mask)
	}
	if scribble := planeOf(f, scribbleLayer, picture.Rect); scribble != nil {
		d.SetScribble("import", scribble)
	}
	d.ForgetUndo()
	d.Unsaved = false
	s.changed(ChangedUndo)
	if f.Damaged != nil {
		s.notify(&Notice{Headline: fmt.Sprintf(s.say("Parts of %s could not be read"), filepath.Base(path)), Advice: s.say("What is whole was opened."), Detail: f.Damaged.Error()})
	}
	return nil
}

// single says that a stack is one plain layer that is all of the picture: a picture alone then.
func single(s *layers.Stack, picture *image.RGBA) bool {
	if s.Count() != 1 || s.Layers[0].Group || s.Layers[0].Hidden || s.Layers[0].Locked {
		return false
	}
	return s.Layers[0].Opacity == 1 && s.Layers[0].Mode == 0 && s.Layers[0].Pixels.Bounds().In(picture.Rect)
}

// apart says that what the layers give is not what the file's own merged picture shows, rounding aside.
func apart(layers, merged *image.RGBA) bool {
	if merged == nil || merged.Rect != layers.Rect {
		return false
	}
	const rounding = 4
	for i, v := range layers.Pix {
		if d := int(v) - int(merged.Pix[i]); d > rounding || d < -rounding {
			return true
		}
	}
	return false
}

// planeOf is how opaque the topmost layer of a name is; nil without one.
func planeOf(f *project.File, name string, size image.Rectangle) *image.Gray {
	for _, l := range f.Layers {
		if !strings.EqualFold(l.Name, name) {
			continue
		}
		img, err := l.Picture()
		if err != nil {
			return nil
		}
		out := image.NewGray(size)
		draw.DrawMask(out, img.Rect.Add(l.At), image.White, image.Point{}, img, image.Point{}, draw.Over)
		return out
	}
	return nil
}

// sayOutside tells which files a project names.
func (s *Studio) sayOutside(path string, files []string) {
	if len(files) == 0 {
		return
	}
	for i, f := range files {
		files[i] = filepath.Base(strings.ReplaceAll(f, `\`, "/"))
	}
	s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s names files outside of it, which were not opened"), filepath.Base(path)), Advice: s.say("Choose them again in the panel."), Detail: strings.Join(files, ", ")})
}
