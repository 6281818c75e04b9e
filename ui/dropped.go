package ui

import (
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"nirvana/app"
)

// weightFiles are the extensions of model files, including formats that are refused with a reason.
var weightFiles = []string{".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx"}

func isWeights(path string) bool {
	return slices.Contains(weightFiles, strings.ToLower(filepath.Ext(path)))
}

// dropped adds models, folders and checkpoints in place, and opens the first picture or project; where there were
// more, a notice says so.
func (w *Window) dropped(files []fyne.URI) {
	var paths []string
	for _, f := range files {
		paths = append(paths, f.Path())
	}
	read, kindOf := w.options.ReadModel, w.options.KindOf
	w.beside(func() func() {
		found := readDropped(paths, read, kindOf)
		return func() { w.takeDropped(found) }
	})
}

// dropped are files as they were read: models, weights that are none, and the rest.
type dropped struct {
	models []app.ModelInfo
	failed []error
	roots  []string    // folders that are no model themselves
	parts  []foundPart // weights that are none by themselves
	others []string
}

type foundPart struct {
	kind string // one of parts
	app.Part
}

// readDropped reads which of several files are models, on any goroutine.
func readDropped(paths []string, read func(string) (app.ModelInfo, error), kindOf func(string) (string, app.Part)) (out dropped) {
	for _, path := range paths {
		if read == nil {
			out.others = append(out.others, path)
			continue
		}
		m, err := read(path)
		switch {
		case err == nil:
			out.models = append(out.models, m)
		case folderOf(path) == path:
			out.roots = append(out.roots, path)
		case isWeights(path):
			if kind, part := partOf(path, kindOf); kind != "" {
				out.parts = append(out.parts, foundPart{kind, part})
				continue
			}
			out.failed = append(out.failed, err)
		default:
			out.others = append(out.others, path)
		}
	}
	return out
}

func (w *Window) takeDropped(found dropped) {
	for _, m := range found.models {
		w.useModel(m)
	}
	for _, dir := range found.roots {
		w.studio.AddRoot(dir)
	}
	for _, p := range found.parts {
		w.tellPart(p.kind, p.Part)
	}
	for _, err := range found.failed {
		w.studio.Fail("This file is not a model", err, "Choose another", w.addCheckpoint)
	}
	if len(found.others) == 0 {
		return
	}
	before := w.studio.Notice
	w.openThen(found.others[0], func() { w.tellOthers(len(found.others), before) })
}

// tellOthers reports that of several dropped files only the first was opened.
func (w *Window) tellOthers(n int, before *app.Notice) {
	if n == 1 {
		return
	}
	told := &app.Notice{Headline: sayf("Of %d files only the first was opened", n), Advice: say("Open the others one after the other, or copy a picture and paste it with Ctrl+V onto this one.")}
	if n := w.studio.Notice; n != nil && n != before { // about the file that was opened
		told.Action, told.Do, told.Detail, told.Fine = n.Action, n.Do, n.Detail, n.Fine
		told.Advice = n.Headline + ". " + told.Advice
		if n.Detail != "" && !n.Fine {
			return // it could not be opened
		}
	}
	w.studio.Tell(told)
	w.opened = told
}
