package keep

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

	"nirvana/app/disk"
	"nirvana/app/document"
	"nirvana/app/journal"
	"nirvana/app/project"
	"nirvana/app/settings"
	"nirvana/app/tray"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/wholefile"
)

// ProjectVersion is that of project.json in a project file.
const ProjectVersion = 1

// ErrNewer reports that a newer program wrote a project.
var ErrNewer = fault.Newer.Errorf("it was saved by a newer Nirvana: update this one to open it whole, or open its picture alone")

// Project is project.json. Pictures are entries blobs/NAME, undo steps undo/ID, the history's pictures history/FILE.
type Project struct {
	Version   int
	Software  string
	Settings  settings.Settings
	Document  document.Saved
	Mask      string // blob
	Scribble  string // blob
	Selection string // blob
	Tray      tray.Saved
	Undo      document.SavedUndo
	Corner    image.Point // where the picture's corner is among the layers
	Layer     string      // SHA-256 of the picture's layer: another program may have painted on it
}

// Shown is the picture on the canvas, and the position of the document's corner on it.
type Shown struct {
	Picture *image.RGBA
	Corner  image.Point
}

// Finished finds the files of the history's pictures.
type Finished interface {
	Files(ids []int64) []string
}

// WriteProject writes an OpenRaster file: layers for other programs, and our own state. version is the program's.
func WriteProject(sys disk.System, path string, state Snapshot, shown Shown, version string, history Finished) error {
	f := &project.File{Width: shown.Picture.Rect.Dx(), Height: shown.Picture.Rect.Dy(), Merged: shown.Picture, Entries: map[string][]byte{}}
	b := journal.Entries{Files: f.Entries}
	var err error
	saved := Project{Version: ProjectVersion, Software: strings.TrimSpace("Nirvana " + version), Settings: state.Settings, Undo: state.Document.Undo, Corner: shown.Corner}
	saved.Document = state.Document.Pack(b, &err)
	made := saved.Document.Made
	saved.Settings.Belong(settings.Settings{}) // settings of the artist and of this machine are not shared
	saved.Document.Path, saved.Document.Project, saved.Document.Earlier, saved.Document.Made = "", "", "", nil
	saved.Mask, saved.Scribble = b.Grey(state.Document.Mask.Gray(), &err), b.Grey(state.Document.Scribble.Gray(), &err)
	saved.Selection = b.Grey(state.Document.Selection.Gray(), &err)
	saved.Tray = state.Tray.Pack(b, &err)
	undo, _ := state.Document.PackUndo(b, &err)
	maps.Copy(f.Entries, undo)
	if err == nil {
		saved.Layer, err = projectLayers(f, state, shown.Corner)
	}
	if err != nil {
		return err
	}
	for _, file := range history.Files(made) {
		if data, err := wholefile.Read(file); err == nil { // one that was deleted is not in the project
			f.Entries["history/"+filepath.Base(file)] = data
		}
	}
	js, err := json.Marshal(saved)
	if err != nil {
		return err
	}
	f.Entries["project.json"] = js
	return project.Write(sys, path, f)
}

const maskLayer, scribbleLayer, pictureLayer = "Mask", "Scribble", document.PictureLayer

// projectLayers makes the layers for other programs: candidates over scribble and mask over the picture, and the picture's checksum.
func projectLayers(f *project.File, state Snapshot, corner image.Point) (sum string, err error) {
	add := func(name string, img image.Image, at image.Point, hidden bool, opacity float32) []byte {
		data, e := project.PNG(img)
		if e != nil {
			err = e
		}
		f.Layers = append(f.Layers, project.Layer{Name: name, PNG: data, At: at.Add(corner), Hidden: hidden, Opacity: opacity})
		return data
	}
	for i := len(state.Tray.Results) - 1; i >= 0; i-- {
		c := state.Tray.Results[i]
		hidden := i != state.Tray.Saved.Selected
		add(fmt.Sprintf("Candidate %d, seed %d", i+1, c.Seed), c.Picture, state.Tray.Saved.Candidates[i].Frame.Min, hidden, 1)
	}
	mask, scribble := state.Document.Mask.Gray(), state.Document.Scribble.Gray()
	if scribble != nil && !pixel.Empty(scribble, scribble.Rect) {
		add(scribbleLayer, overlay(scribble, color.NRGBA{A: 255}), image.Point{}, true, 1)
	}
	if state.Document.Picture == nil {
		return "", err
	}
	if mask != nil && !pixel.Empty(mask, mask.Rect) {
		add(maskLayer, overlay(mask, state.Settings.MaskColor), image.Point{}, true, 1)
	}
	if stack := state.Document.Layers; stack != nil {
		from := len(f.Layers)
		if e := f.Put(stack, corner); err == nil {
			err = e
		}
		return layersSum(f.Layers[from:]), err
	}
	hash := sha256.Sum256(add(pictureLayer, state.Document.Straight(), image.Point{}, false, 1))
	return hex.EncodeToString(hash[:]), err
}

// layersSum is the SHA-256 of the layers' pictures and attributes.
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

// OwnPart is our own part of a project file; nil if it has none.
func OwnPart(path string, f *project.File) (*Project, error) {
	js, ours := f.Entries["project.json"]
	if !ours {
		return nil, nil
	}
	var saved Project
	var version struct{ Version int }
	if json.Unmarshal(js, &version) == nil && version.Version > ProjectVersion {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), ErrNewer)
	}
	if err := json.Unmarshal(js, &saved); err != nil {
		return nil, fault.Project.Errorf("%s: the project is damaged, open its picture alone (%w)", filepath.Base(path), err)
	}
	return &saved, nil
}
