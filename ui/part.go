package ui

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"nirvana/app"
	"nirvana/engine/wholefile"
)

// part is what a file of weights is that is no model by itself, and what it is for.
type part struct{ headline, advice, folder string } // folder: of the data folder, that it may be copied to; "": none

// parts are told by Options.KindOf.
var parts = map[string]part{
	"lora":         {"%s is a LoRA", "LoRAs are found in the folder loras beside the model and in that of the data folder. LoRA over the prompt lists them.", "loras"},
	"embedding":    {"%s is an embedding", "Embeddings are found in the folder embeddings beside the model and in that of the data folder. Model > Embeddings... lists them.", "embeddings"},
	"vae":          {"%s is a VAE", "VAE under the model lists those in the folders vae. It belongs to the model from now on, until you choose another.", ""},
	"text encoder": {"%s is a text encoder", "Put it into the folder text_encoders beside a checkpoint that comes without one.", ""},
	"controlnet":   {"%s is a ControlNet", "ControlNet in the panel lists those in the folders controlnet. It follows the edges of the picture until you choose something else.", ""},
	"upscaler":     {"%s is an upscaler", "nirvana generate --upscale FILE:2 enlarges pictures with it.", ""},
}

// partOf is a file's kind where it is one of parts. Of a graph nobody knows what it is for.
func partOf(path string, kindOf func(string) string) string {
	if kindOf == nil || strings.EqualFold(filepath.Ext(path), ".onnx") {
		return ""
	}
	if kind := kindOf(path); parts[kind].headline != "" {
		return kind
	}
	return ""
}

// tellPart reports what a dropped file is, and offers to put it where it is found.
func (w *Window) tellPart(path, kind string) {
	p := parts[kind]
	n := &app.Notice{Headline: sayf(p.headline, filepath.Base(path)), Advice: say(p.advice)}
	if home := w.options.Home; p.folder != "" && home != "" {
		to := filepath.Join(home, p.folder, filepath.Base(path))
		n.Action = say("Copy it to the data folder")
		n.Do = func() {
			w.readBeside(func() (func(), error) {
				err := copyFile(to, path)
				return func() { w.studio.Tell(&app.Notice{Headline: sayf("%s was copied", filepath.Base(path))}) }, err
			}, "The file was not copied")
		}
	}
	switch kind {
	case "vae":
		n.Action, n.Do = say("Use it with this model"), func() { w.studio.SetVAE(path) }
	case "controlnet":
		n.Action, n.Do = say("Add it"), func() { w.studio.UseControlNet(app.Part{Name: partName(path), Path: path}) }
	}
	w.studio.Tell(n)
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
