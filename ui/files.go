package ui

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/app/files"
	"nirvana/engine/fault"
)

var pictures = Kind{"Pictures", []string{"png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"}}
var openable = Kind{"Pictures and projects", append([]string{"ora", "psd", "psb"}, pictures.Extensions...)}
var checkpoints = Kind{"Checkpoints", []string{"safetensors", "gguf"}}
var pngFiles = Kind{"PNG", []string{"png"}}
var exportKinds = []Kind{pngFiles, {"JPEG", []string{"jpg", "jpeg"}}, {"WebP", []string{"webp"}}, {"Photoshop", []string{"psd"}}}

// said is the kind with its name translated.
func (k Kind) said() Kind { return Kind{say(k.Name), k.Extensions} }

// folder is where file dialogs start: in the folder of the last one, or in the pictures folder.
func (w *Window) folder() string {
	if dir := w.studio.Settings.Folder; dir != "" {
		if st, err := os.Stat(dir); err == nil && st.IsDir() {
			return dir
		}
	}
	return w.options.Pictures
}

// ask shows a dialog on its own goroutine, starting in a folder, and passes the result to the window's. One at a
// time: a second one would wait for the first, and appear when nobody expects it.
func (w *Window) ask(dialog func(folder string) (string, error), then func(path string)) {
	if w.options.Dialogs == nil {
		w.studio.Fail("The file dialog could not be shown", fault.Said(say("this program was built without file dialogs: drop the file on the canvas instead")), "", nil)
		return
	}
	if w.asking {
		w.studio.Tell(&app.Notice{Headline: say("A file dialog is open already"), Advice: say("Choose a file there, or close it.")})
		return
	}
	w.asking = true
	folder := w.folder()
	go func() {
		path, err := dialog(folder)
		fyne.Do(func() {
			w.asking = false
			switch {
			case err != nil:
				w.studio.Fail("The file dialog could not be shown", err, "", nil)
			case path != "":
				w.studio.Set(func(t *app.Settings) { t.Folder = folderOf(path) })
				then(path)
			}
		})
	}()
}

// folderOf is a chosen folder itself, or that of a chosen file.
func folderOf(path string) string {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return path
	}
	return filepath.Dir(path)
}

func (w *Window) open() {
	w.ask(func(folder string) (string, error) {
		return w.options.Dialogs.OpenFile(say("Open a picture or a project"), folder, openable.said(), pictures.said(), projectFiles.said())
	}, w.OpenPath)
}

// OpenPath opens a picture or a project; for a picture made here its settings are offered.
func (w *Window) OpenPath(path string) { w.openThen(path, func() {}) }

// openThen is OpenPath, and then something else. The file is read in the background; of two opened in succession the
// second wins.
func (w *Window) openThen(path string, then func()) {
	told := w.openTold()
	w.opening++
	mine := w.opening
	open, read := w.readPicture, w.studio.Reader()
	if isProject(path) {
		open = w.readProject
	}
	w.beside(func() func() {
		take := open(read, path)
		return func() {
			if mine == w.opening {
				take()
				told()
				then()
			}
		}
	})
}

// beside computes in the background, and then applies the result on the window's goroutine. Before the window is
// shown it runs at once.
func (w *Window) beside(work func() (then func())) {
	if !w.shown {
		work()()
		return
	}
	w.studio.Beside(work)
}

// readBeside reads in the background, and applies what was read or reports the error.
func (w *Window) readBeside(read func() (take func(), err error), failed string) {
	w.beside(func() func() {
		take, err := read()
		if err != nil {
			return func() { w.studio.Fail(failed, err, "", nil) }
		}
		return take
	})
}

// writeBeside writes in the background.
func (w *Window) writeBeside(write func() error, failed string) {
	w.readBeside(func() (func(), error) { return func() {}, write() }, failed)
}

func (w *Window) readPicture(read files.Reader, path string) (take func()) {
	p, err := read.Picture(path)
	return func() {
		if err != nil {
			w.studio.Fail("The picture cannot be opened", err, "Open another", w.open)
			return
		}
		w.studio.TakePicture(p)
		w.noteRecent(path)
		w.canvas.Fit()
		w.offerRecipe(p)
	}
}

// offerRecipe offers the settings in a picture's recipe, and lists those that cannot be used.
func (w *Window) offerRecipe(p *files.Picture) {
	if !p.Carries {
		return
	}
	f := p.Found
	n := &app.Notice{Headline: say("This picture contains its recipe"), Advice: fmt.Sprintf("%.80s", f.Recipe.Prompt), Action: say("Use its settings"), Do: func() { w.use(f.Recipe) }}
	if f.Program != "Nirvana" {
		n.Headline = sayf("This picture contains its recipe, from %s", f.Program)
	}
	if len(f.Lost) > 0 {
		n.Advice += "\n" + sayf("%d of its settings cannot be carried over.", len(f.Lost))
		n.Detail, n.Fine = strings.Join(f.Lost, "\n"), true
	}
	w.studio.Tell(n)
}

func (w *Window) export() {
	if picture, _ := w.studio.Shown(); picture == nil {
		w.studio.Fail("There is nothing to export", fault.Said(say("the canvas is empty: make a picture first")), "", nil)
		return
	}
	name := w.studio.ProposedName()
	w.ask(func(folder string) (string, error) {
		return w.options.Dialogs.SaveFile(say("Export the picture"), files.FreePath(folder, name, ".png"), exportKinds...)
	}, func(path string) {
		switch strings.ToLower(filepath.Ext(path)) {
		case ".png", ".jpg", ".jpeg", ".webp", ".psd":
		default:
			path += ".png"
		}
		picture := w.studio.Exporting(path)
		w.beside(func() func() {
			err := picture.Write(path)
			return func() {
				if err != nil {
					w.studio.Fail("The picture was not exported", err, "Choose another place", w.export)
					return
				}
				w.studio.Tell(&app.Notice{Headline: sayf("Exported %s", filepath.Base(path))})
			}
		})
	})
}

func (w *Window) loadMask() {
	w.ask(func(folder string) (string, error) {
		return w.options.Dialogs.OpenFile(say("Load a mask"), folder, pictures.said())
	}, func(path string) {
		w.readBeside(w.studio.Document.MaskReader(path), "The mask cannot be loaded")
	})
}

func (w *Window) saveMask() {
	w.ask(func(folder string) (string, error) {
		return w.options.Dialogs.SaveFile(say("Save the mask"), files.FreePath(folder, say("mask"), ".png"), pngFiles)
	}, func(path string) {
		w.writeBeside(w.studio.Document.MaskWriter(path), "The mask was not saved")
	})
}

func (w *Window) addModel() {
	w.ask(func(folder string) (string, error) {
		return w.options.Dialogs.OpenFolder(say("Choose a model folder"), folder)
	}, w.addFolder)
}

// addFolder adds a model's folder, or one whose models are all listed. It is read in the background: it may lie on a slow disk.
func (w *Window) addFolder(dir string) {
	read := w.options.ReadModel
	w.beside(func() func() {
		m, err := read(dir)
		return func() {
			if err == nil {
				w.useModel(m)
				return
			}
			w.studio.AddRoot(dir)
		}
	})
}

func (w *Window) addCheckpoint() {
	w.ask(func(folder string) (string, error) {
		return w.options.Dialogs.OpenFile(say("Choose a checkpoint"), folder, checkpoints.said())
	}, func(path string) {
		read := w.options.ReadModel
		w.beside(func() func() {
			m, err := read(path)
			return func() {
				if err != nil {
					w.studio.Fail("This file is not a model", err, "Choose another", w.addCheckpoint)
					return
				}
				w.useModel(m)
			}
		})
	})
}

func (w *Window) useModel(m app.ModelInfo) {
	w.studio.AddModel(m)
	w.studio.Open(m.Dir)
	if m.Lacks != "" {
		w.studio.Tell(&app.Notice{Headline: sayf("%s is a %s checkpoint", m.Name, m.Kind), Advice: sayf("It lacks %s: drop the file on the window, or put it into the folder text_encoders or vae beside.", fault.PartsIn(m.Lacks, say))})
		return
	}
	if isWeights(m.Dir) {
		w.studio.Tell(&app.Notice{Headline: sayf("%s is a %s checkpoint", m.Name, m.Kind), Advice: say("It is opened in place: nothing is converted or copied.")})
	}
}

func (w *Window) copyPicture() {
	picture, _ := w.studio.Shown()
	if picture == nil || w.options.Clipboard == nil {
		return
	}
	to := w.options.Clipboard
	w.writeBeside(func() error {
		var b bytes.Buffer
		if err := png.Encode(&b, picture); err != nil {
			return err
		}
		return to.WriteImage(b.Bytes())
	}, "The picture was not copied")
}

func (w *Window) pastePicture() {
	if w.options.Clipboard == nil {
		return
	}
	from, reader, copied := w.options.Clipboard, w.studio.Document.PictureReader, w.piece
	w.readBeside(func() (func(), error) {
		data, err := from.ReadImage()
		if err == nil && data == nil {
			err = fault.Said(say("there is no picture in the clipboard: copy one first"))
		}
		if err != nil {
			return nil, err
		}
		if put := copied.of(data); put != nil {
			return func() { w.putPiece(put) }, nil
		}
		take, err := reader(data, image.Point{})()
		return func() { take(); w.canvas.Fit() }, err
	}, "Nothing was pasted")
}

func (w *Window) showHistoryFolder() {
	home := w.studio.History.Folder()
	dir := filepath.Join(home, "pictures")
	if _, err := os.Stat(dir); err != nil {
		dir = home
	}
	w.showFolder(dir)
}

// showFolder opens a folder in the system's file manager; in the background, because failing may take long.
func (w *Window) showFolder(dir string) {
	if w.options.OpenFolder == nil {
		return
	}
	go func() {
		err := w.options.OpenFolder(dir)
		fyne.Do(func() {
			if err != nil {
				w.studio.Tell(&app.Notice{Headline: say("No file manager found"), Advice: sayf("The folder is %s", dir), Detail: err.Error()})
			}
		})
	}()
}
