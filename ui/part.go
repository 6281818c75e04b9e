package ui

import (
	"io"
	"os"
	"path/filepath"

	"nirvana/app"
	"nirvana/engine/wholefile"
)

// part is what a file of weights is that is no model by itself, and what it is for.
type part struct{ headline, advice, folder string } // folder: of the data folder, that it may be copied to; "": none

// parts are told by Options.KindOf.
var parts = map[string]part{
	"LoRA":         {"%s is a LoRA", "LoRAs are found in the folder loras beside the model and in that of the data folder. LoRA over the prompt lists them.", "loras"},
	"embedding":    {"%s is an embedding", "Embeddings are found in the folder embeddings beside the model and in that of the data folder. Model > Embeddings... lists them.", "embeddings"},
	"VAE":          {"%s is a VAE", "VAE under the model lists those in the folders vae. It belongs to the model from now on, until you choose another.", ""},
	"text encoder": {"%s is a text encoder", "It replaces the one of the model, or is the one that a checkpoint comes without, until you choose another under the model. Those in the folders text_encoders are listed there.", "text_encoders"},
	"ControlNet":   {"%s is a ControlNet", "ControlNet in the panel lists those in the folders controlnet. It follows the edges of the picture until you choose something else.", ""},
	"upscaler":     {"%s is an upscaler", "Picture > Upscale with a model lists those in the folders upscalers.", "upscalers"},
}

// partOf is a file's kind where it is one of parts, and the file. Of a graph nobody knows what it is for but that it may be an
// upscaler.
func partOf(path string, kindOf func(string) (string, app.Part)) (kind string, part app.Part) {
	if kindOf == nil {
		return "", part
	}
	if kind, part = kindOf(path); parts[kind].headline == "" {
		return "", part
	}
	if part.Path == "" {
		part.Path, part.Name = path, partName(path)
	}
	return kind, part
}

// tellPart reports what a dropped file is, and offers to use it, or to put it where it is found.
func (w *Window) tellPart(kind string, part app.Part) {
	p, path := parts[kind], part.Path
	n := &app.Notice{Headline: sayf(p.headline, filepath.Base(path)), Advice: say(p.advice)}
	switch kind {
	case "VAE":
		n.Action, n.Do = say("Use it with this model"), func() { w.studio.SetVAE(path) }
	case "ControlNet":
		n.Action, n.Do = say("Add it"), func() { w.studio.UseControlNet(part) }
	case "text encoder":
		if part.Encoder != "" {
			n.Headline = sayf("%s is a text encoder (%s)", filepath.Base(path), part.Encoder)
			n.Action, n.Do = say("Use as text encoder of this model"), func() { w.studio.SetTextEncoder(part.Encoder, path) }
		}
	case "upscaler":
		n.Action, n.Do = say("Upscale with this"), func() { w.showUpscale(part) }
	}
	if home := w.options.Home; p.folder != "" && home != "" {
		put, to := func() { w.putPart(path, filepath.Join(home, p.folder, filepath.Base(path))) }, say("Copy it to the data folder")
		if n.Do == nil {
			n.Action, n.Do = to, put
		} else {
			n.Also, n.DoAlso = to, put
		}
	}
	w.studio.Tell(n)
}

// putPart copies a file to where it is found.
func (w *Window) putPart(from, to string) {
	w.readBeside(func() (func(), error) {
		err := copyFile(to, from)
		return func() {
			w.studio.FindParts(w.studio.PartsOf)
			w.studio.Tell(&app.Notice{Headline: sayf("%s was copied", filepath.Base(from))})
		}, err
	}, "The file was not copied")
}

// copyFile copies a file whole; one that is there stays, where it is the same file.
func copyFile(to, from string) error {
	source, err := wholefile.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	a, err := source.Stat()
	if err != nil {
		return err
	}
	if b, err := os.Stat(to); err == nil && os.SameFile(a, b) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return wholefile.Write(to, wholefile.Private, func(w io.Writer) error {
		_, err := io.Copy(w, source)
		return err
	})
}
