package library

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nirvana/app/disk"
	"nirvana/app/journal"
	"nirvana/app/notice"
	"nirvana/models/hub"
)

// Library has the models to choose from, and the downloads.
type Library struct {
	Models []Model
	// Downloads are the current and failed downloads.
	Downloads []*Download
	// Roots are the folders whose models are all listed.
	Roots []Root

	// Parts are the files that fit the model PartsOf, as far as they have been found.
	Parts   Parts
	PartsOf string

	scanning, again    bool
	finding, findAgain bool
	base               context.Context
	options            Options
	hooks              Hooks
}

// Options are a library's parameters.
type Options struct {
	Home  string     // the data folder, for the trash; "" for none
	Store string     // the folder that fetched models go to
	Hub   hub.Client // their source
	Read  func(dir string) (Model, error)
	// List reports the models under a folder as they are found, and returns the folders that it scanned. Nil: Roots
	// stay empty.
	List func(ctx context.Context, root string, found func([]Model)) (folders []string, err error)
	// Watch sets the folders whose changes cause a Rescan. Nil: none.
	Watch func(folders []string)
	// Parts finds the files that fit a model, also in roots, on any goroutine. Nil: there are none.
	Parts func(ctx context.Context, dir string, roots []string) Parts
	Now   func() time.Time
}

// Hooks connect a library to the program. All are required. Post and Aside may be called on any goroutine, the others
// are called on the owner's.
type Hooks struct {
	Post    func(func())        // runs a function on the owner's goroutine
	Aside   func(func())        // runs a function in the background; it is waited for at the end
	Say     func(string) string // translates
	Notify  func(*notice.Notice)
	Fail    func(headline string, err error, action string, do func())
	Changed func()
	InUse   func(Model) bool
	Linked  func(dir string, here bool) // a folder of the artist's own was added to the list, or removed
	Rooted  func(roots []string)        // the listed folders
	Open    func(dir string)            // opens a model
	Found   func(dir string)            // the search of FindParts has ended; may be nil
}

// New is a library of models. Its background work ends with ctx.
func New(ctx context.Context, list []Model, o Options, h Hooks) *Library {
	return &Library{Models: list, base: ctx, options: o, hooks: h}
}

// say translates what the artist reads.
func (l *Library) say(text string) string { return l.hooks.Say(text) }

// Named finds a model by name, ignoring case, or by folder; "" is the first.
func (l *Library) Named(name string) (Model, bool) {
	for _, m := range l.Models {
		if name == "" || strings.EqualFold(m.Name, name) || m.Dir == name {
			return m, true
		}
	}
	return Model{}, false
}

// AddModel adds a model to the menu, once.
func (l *Library) AddModel(m Model) {
	for i, old := range l.Models {
		if old.Dir == m.Dir {
			l.Models = slices.Clone(l.Models)
			l.Models[i] = m
			l.hooks.Changed()
			return
		}
	}
	l.Models = append(append([]Model(nil), l.Models...), m)
	if !m.Fetched && !m.Shipped && m.Root == "" {
		l.hooks.Linked(m.Dir, true)
	}
	l.hooks.Changed()
}

// Starter is a recommended first model.
type Starter = hub.Starter

// Starters are the recommended first models that are neither installed nor being downloaded.
func (l *Library) Starters() []Starter {
	return slices.DeleteFunc(hub.Starters(), func(st Starter) bool {
		of, err := hub.Client{}.ParseReference(st.Reference)
		return err != nil || slices.ContainsFunc(l.Models, func(m Model) bool { return m.Fetched && filepath.Base(m.Dir) == of.Folder() }) ||
			slices.ContainsFunc(l.Downloads, func(d *Download) bool { return d.Name == st.Reference })
	})
}

// Linked returns the model folders that were added in place, and the listed folders, from the data folder's journal;
// none if it is missing or unreadable. A studio may have the data folder open.
func Linked(home string) (folders, roots []string) {
	if !journal.There(home) {
		return nil, nil
	}
	j, err := journal.OpenCopy(disk.OS{}, home)
	if err != nil {
		return nil, nil
	}
	defer j.Close()
	var s struct{ Folders, Roots []string }
	if data, err := j.Record("settings"); err != nil || json.Unmarshal(data, &s) != nil {
		return nil, nil
	}
	return s.Folders, s.Roots
}
