// Package fault names kinds of failures by what to do about them, one sentence each, which the window translates. An
// error gets its kind where it is made, by Kind.Errorf or Kind.Mark, and keeps its own, more exact text in English.
// Of finds the kind again.
package fault

import (
	"errors"
	"fmt"
)

// Kind is what to do about a failure, in English; translations use it as their key.
type Kind string

// Kinds of the disk.
const (
	Away       Kind = "The data folder is not there: connect its disk or network again."
	Full       Kind = "The disk is full: make room, then try again."
	Denied     Kind = "It may not be read or written here: change its permissions, or choose another folder."
	Missing    Kind = "The file or folder is not there any more: choose another."
	Unwritable Kind = "It cannot be written there: choose another folder."
)

// Kinds of models and their networks.
const (
	Runtime    Kind = "The ONNX Runtime library is missing or does not fit: run make setup in Nirvana's folder, then start again."
	Incomplete Kind = "Files of the model are missing, incomplete or damaged: fetch it again, or repair it in the list of models."
	NoModel    Kind = "There is no model in it that can be used: choose a .safetensors or .gguf checkpoint, or a folder in diffusers' layout."
	Pickle     Kind = "This format can run any program when it is opened, so it is not read: get the same model as .safetensors."
	Lacking    Kind = "Parts of the model are not in this file: put their files into the folders text_encoders or vae beside it, or choose them with it."
	Unknown    Kind = "This program cannot run this kind of model: choose another."
	Replaced   Kind = "A file of the model was changed while it was open: try again, and it is read anew."
	Memory     Kind = "There is too little memory: make a smaller picture, choose a smaller model, or close other programs."
	Computing  Kind = "The model could not be computed: try again, choose another device in the settings, or another model."
	Overflow   Kind = "A network's output was not finite (NaN): lower the weights of LoRAs or remove them, lower the guidance, or use the model in another precision."
	NoLoRA     Kind = "The prompt names a LoRA that does not exist: put its file into the folder loras, or remove it from the prompt."
	NoWord     Kind = "The prompt names an embedding that does not exist: put its file into the folder embeddings, or remove it from the prompt."
	Prompt     Kind = "The prompt cannot be read: change what the details name."
	Adapter    Kind = "This LoRA or embedding is damaged, or made for another kind of model: choose another."
)

// Kinds of settings.
const (
	Size       Kind = "The model cannot make pictures of this size: choose another from the list of sizes."
	Settings   Kind = "These settings do not go together: change what the details name."
	NeedsInput Kind = "This needs a picture to work on: put one under the frame first."
	TextOnly   Kind = "This model makes pictures from text alone: choose another to work on a picture."
)

// Kinds of files.
const (
	NoPicture Kind = "Not a supported picture. Supported: PNG, JPEG, WebP, GIF, BMP and TIFF."
	Damaged   Kind = "The picture is damaged or incomplete: save it again, or open another."
	TooLarge  Kind = "The picture is too large: make it smaller first."
	Format    Kind = "Pictures are exported as .png, .jpg or .webp: choose one of these."
	Newer     Kind = "It was saved by a newer Nirvana: update this one to open it whole, or open its picture alone."
	Project   Kind = "The project is damaged or not an OpenRaster file: open a copy, or its picture alone."
	Held      Kind = "Close the other window, or save under another name."
	Changed   Kind = "Another program has changed it since: save under another name, or open it again."
	Rebuilt   Kind = "It is rebuilt from the pictures' files."
	Lost      Kind = "Everything else was restored. The damaged part was set aside."
)

// Kinds of the hub.
const (
	Gated        Kind = "The repository is gated or private: accept its terms on its page, then give a token of your account."
	NoRepository Kind = "There is no such repository or file: check the name."
	Offline      Kind = "The hub cannot be reached: check the network, then try again."
	Cut          Kind = "The connection was lost: what has arrived is kept, fetch again to continue."
	Server       Kind = "A server that runs networks does not respond correctly: check it, or run the model on this machine."
	Hub          Kind = "The hub's answer cannot be used: try again later."
	Keyring      Kind = "The system's keyring did not store the token: unlock it, or set HF_TOKEN instead."
)

// Other is any other failure.
const Other Kind = "See Details for the full message, in English."

// All are the kinds, for the translations' test.
var All = []Kind{Away, Full, Denied, Missing, Unwritable, Runtime, Incomplete, NoModel, Pickle, Lacking, Unknown, Replaced, Memory, Computing, Overflow, NoLoRA, NoWord, Prompt, Adapter,
	Size, Settings, NeedsInput, TextOnly, NoPicture, Damaged, TooLarge, Format, Newer, Project, Held, Changed, Rebuilt, Lost,
	Gated, NoRepository, Offline, Cut, Server, Hub, Keyring, Other}

// Said is an error in the window's own language, which is its own advice.
type Said string

func (s Said) Error() string { return string(s) }

type marked struct {
	error
	kind Kind
}

func (m *marked) Unwrap() error { return m.error }

// Errorf is fmt.Errorf for an error of the kind.
func (k Kind) Errorf(format string, args ...any) error {
	return &marked{fmt.Errorf(format, args...), k}
}

// Mark wraps an error with the kind; its text stays. Nil stays nil.
func (k Kind) Mark(err error) error {
	if err == nil {
		return nil
	}
	return &marked{err, k}
}

// Of is an error's outermost kind; Other where it has none.
func Of(err error) Kind {
	var m *marked
	if errors.As(err, &m) {
		return m.kind
	}
	return Other
}
