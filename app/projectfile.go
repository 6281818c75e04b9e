package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"maps"
	"path/filepath"
	"strings"

	"nirvana/app/document"
	"nirvana/app/project"
	"nirvana/app/tray"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/wholefile"
)

// ProjectVersion is that of project.json in a project file.
const ProjectVersion = 1

// ErrNewer says that a newer program wrote a project.
var ErrNewer = fault.Newer.Errorf("it was saved by a newer Nirvana: update this one to open it whole, or open its picture alone")

// savedProject is project.json. Pictures are entries blobs/NAME, undo steps undo/ID, the history's pictures history/FILE.
type savedProject struct {
	Version  int
	Software string
	Settings Settings
	Document document.Saved
	Mask     string // blob
	Scribble string // blob
	Tray     tray.Saved
	Undo     document.SavedUndo
	Corner   image.Point // where the picture's corner is among the layers
	Layer    string      // SHA-256 of the picture's layer: another program may have painted on it
}

// SaveProject writes everything into an OpenRaster file, in the background:
// picture, mask and candidates as layers for other programs, and our own state.
// done is called on the owner. A file that others have changed meanwhile is refused.
func (s *Studio) SaveProject(path string, done func(error)) {
	d := s.Document
	d.EndStroke()
	shown, corner := s.Shown()
	if shown == nil {
		done(fault.NeedsInput.Errorf("there is no picture to save yet: generate or open one first"))
		return
	}
	if s.saving {
		s.saveNext = func() { s.SaveProject(path, done) }
		return
	}
	place, err := s.holdProject(path)
	if err != nil {
		done(err)
		return
	}
	state, serial := s.whole(), d.Serial
	s.saving, d.Unsaved = true, false
	s.changed(ChangedFrame)
	s.saves.Add(1)
	go func() {
		defer s.saves.Done()
		err := s.writeProject(path, state, shown, corner)
		s.post(func() {
			s.saving = false
			switch {
			case d.Serial != serial: // another is on the canvas; this one is earlier work
			case err != nil:
				d.Unsaved = true
			default:
				d.Project = path
				s.place.become(place)
				s.dropEarlier()
			}
			s.changed(ChangedFrame)
			done(err)
			if next := s.saveNext; next != nil {
				s.saveNext = nil
				next()
			}
		})
	}()
}

// dropEarlier removes the file of earlier work that the document was taken up from: it is in a project now.
func (s *Studio) dropEarlier() {
	if d := s.Document; d.Earlier != "" {
		s.options.Disk.Remove(d.Earlier)
		d.Earlier = ""
	}
}

// SaveCopy writes what is seen into an OpenRaster file, in the background: the picture with the candidate that is shown
// in it, mask and scribble. Undo steps, other candidates, finished pictures and what things were made from are not in
// it. The document stays the project that it was.
func (s *Studio) SaveCopy(path string, done func(error)) {
	d := s.Document
	d.EndStroke()
	shown, corner := s.Shown()
	if shown == nil {
		done(fault.NeedsInput.Errorf("there is no picture to save yet: generate or open one first"))
		return
	}
	if path == d.Project {
		done(fault.Settings.Errorf("%s is the project itself: save the copy under another name", filepath.Base(path)))
		return
	}
	state := s.snapshot(0, func(int64, int) bool { return false })
	canvas := shown.Rect.Sub(corner)
	state.document = document.Snapshot{Saved: document.Saved{Frame: d.Frame.Add(corner)}, Picture: shown, Layers: s.shownLayers(),
		Mask: planeOn(state.document.Mask, canvas), Scribble: planeOn(state.document.Scribble, canvas)}
	state.tray = tray.Snapshot{Saved: tray.Saved{Selected: -1}}
	s.saves.Add(1)
	go func() {
		defer s.saves.Done()
		err := s.writeProject(path, state, shown, image.Point{})
		s.post(func() { done(err) })
	}()
}

// planeOn is a plane as it lies on a canvas whose corner is elsewhere; nil for nil.
func planeOn(plane *document.Tiled, canvas image.Rectangle) *document.Tiled {
	if plane == nil {
		return nil
	}
	return document.TiledOf(pixel.CropMask(plane.Gray(), canvas))
}

// whole is a snapshot of what a project holds.
func (s *Studio) whole() snapshot {
	return s.snapshot(0, func(int64, int) bool { return true })
}

func (s *Studio) writeProject(path string, state snapshot, shown *image.RGBA, corner image.Point) error {
	f := &project.File{Width: shown.Rect.Dx(), Height: shown.Rect.Dy(), Merged: shown, Entries: map[string][]byte{}}
	b := projectBlobs{entries: f.Entries}
	var err error
	saved := savedProject{Version: ProjectVersion, Software: strings.TrimSpace("Nirvana " + s.options.Version), Settings: state.settings, Undo: state.document.Undo, Corner: corner}
	saved.Document = state.document.Pack(b, &err)
	made := saved.Document.Made
	saved.Settings.Belong(Settings{}) // what belongs to the artist and to this machine is nobody else's
	saved.Document.Path, saved.Document.Project, saved.Document.Earlier, saved.Document.Made = "", "", "", nil
	saved.Mask, saved.Scribble = b.Grey(state.document.Mask.Gray(), &err), b.Grey(state.document.Scribble.Gray(), &err)
	saved.Tray = state.tray.Pack(b, &err)
	undo, _ := state.document.PackUndo(b, &err)
	maps.Copy(f.Entries, undo)
	if err == nil {
		saved.Layer, err = projectLayers(f, state, corner)
	}
	if err != nil {
		return err
	}
	for _, file := range s.History.Files(made) {
		if data, err := wholefile.Read(file); err == nil { // one that was deleted is not in the project
			f.Entries["history/"+filepath.Base(file)] = data
		}
	}
	js, err := json.Marshal(saved)
	if err != nil {
		return err
	}
	f.Entries["project.json"] = js
	return project.Write(s.options.Disk, path, f)
}

const maskLayer, scribbleLayer, pictureLayer = "Mask", "Scribble", document.PictureLayer

// projectLayers makes the layers for other programs: candidates over scribble and mask over the picture. The sum is the picture's.
func projectLayers(f *project.File, state snapshot, corner image.Point) (sum string, err error) {
	add := func(name string, img image.Image, at image.Point, hidden bool, opacity float32) []byte {
		data, e := project.PNG(img)
		if e != nil {
			err = e
		}
		f.Layers = append(f.Layers, project.Layer{Name: name, PNG: data, At: at.Add(corner), Hidden: hidden, Opacity: opacity})
		return data
	}
	for i := len(state.tray.Results) - 1; i >= 0; i-- {
		c := state.tray.Results[i]
		hidden := i != state.tray.Saved.Selected
		add(fmt.Sprintf("Candidate %d, seed %d", i+1, c.Seed), c.Picture, state.tray.Saved.Candidates[i].Frame.Min, hidden, 1)
	}
	mask, scribble := state.document.Mask.Gray(), state.document.Scribble.Gray()
	if scribble != nil && !pixel.Empty(scribble, scribble.Rect) {
		add(scribbleLayer, overlay(scribble, color.NRGBA{A: 255}), image.Point{}, true, 1)
	}
	if state.document.Picture == nil {
		return "", err
	}
	if mask != nil && !pixel.Empty(mask, mask.Rect) {
		add(maskLayer, overlay(mask, state.settings.MaskColor), image.Point{}, true, 1)
	}
	if stack := state.document.Layers; stack != nil {
		from := len(f.Layers)
		if e := f.Put(stack, corner); err == nil {
			err = e
		}
		return layersSum(f.Layers[from:]), err
	}
	hash := sha256.Sum256(add(pictureLayer, state.document.Straight(), image.Point{}, false, 1))
	return hex.EncodeToString(hash[:]), err
}

// layersSum is the SHA-256 over the pictures of layers and what is said of them.
func layersSum(list []project.Layer) string {
	sum := sha256.New()
	for _, l := range list {
		fmt.Fprintf(sum, "%q %v %v %v %q %x\n", l.Name, l.At, l.Opacity, l.Hidden, l.Op, sha256.Sum256(l.PNG))
		for g := l.Within; g != nil; g = g.Within {
			fmt.Fprintf(sum, " %q %v %v %q\n", g.Name, g.Opacity, g.Hidden, g.Op)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// overlay is the mask as a layer: one colour whose alpha is the mask.
func overlay(mask *image.Gray, c color.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(mask.Rect)
	for i, v := range mask.Pix {
		copy(out.Pix[4*i:], []byte{c.R, c.G, c.B, v})
	}
	return out
}
