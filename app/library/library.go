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

// Library is the models that can be chosen, and those that are being fetched.
type Library struct {
	Models []Model
	// Downloads are the models under way from the hub, and those that failed.
	Downloads []*Download
	// Roots are the folders whose models are all listed.
	Roots []Root

	// Parts are the files that go with the model in PartsOf, as far as they were looked for.
	Parts   Parts
	PartsOf string

	scanning, again    bool
	finding, findAgain bool
	base               context.Context
	options            Options
	hooks              Hooks
}

// Options are what a library needs.
type Options struct {
	Home  string     // the data folder, for the trash; "" for none
	Store string     // the folder that fetched models go to
	Hub   hub.Client // where they come from
	Read  func(dir string) (Model, error)
	// List tells of the models under a folder as they are found, and gives the folders that it looked into. Nil: Roots stay empty.
	List func(ctx context.Context, root string, tell func([]Model)) (folders []string, err error)
	// Watch names the folders of which changes are to be told by Rescan. Nil: none are.
	Watch func(folders []string)
	// Parts looks for the files that go with a model, in roots too, on any goroutine. Nil: there are none.
	Parts func(ctx context.Context, dir string, roots []string) Parts
	Now   func() time.Time
}

// Hooks are a library's connections with the program. All are needed. Post and Aside may be called on any goroutine,
// the others are called on the owner's.
type Hooks struct {
	Post    func(func())        // runs a function on the owner's goroutine
	Aside   func(func())        // runs one beside it, and is waited for at the end
	Say     func(string) string // translates
	Notify  func(*notice.Notice)
	Fail    func(headline string, err error, action string, do func())
	Changed func()
	InUse   func(Model) bool
	Linked  func(dir string, here bool) // a folder of the artist's own came into the list, or left it
	Rooted  func(roots []string)        // which folders are listed whole
	Open    func(dir string)            // a model is to be used
	Found   func(dir string)            // what goes with a model was looked for; may be nil
}

// New is a library of models. What it does in the background ends with ctx.
func New(ctx context.Context, list []Model, o Options, h Hooks) *Library {
	return &Library{Models: list, base: ctx, options: o, hooks: h}
}

// say translates what the artist reads.
func (l *Library) say(text string) string { return l.hooks.Say(text) }

// Named is the model of a name, ignoring case, or of a folder; "" is the first.
func (l *Library) Named(name string) (Model, bool) {
	for _, m := range l.Models {
		if name == "" || strings.EqualFold(m.Name, name) || m.Dir == name {
			return m, true
		}
	}
	return Model{}, false
}

// AddModel puts a model into the menu, once.
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

// Starter is a model worth starting with.
type Starter = hub.Starter

// Starters are the models worth starting with that are not here and not on their way.
func (l *Library) Starters() []Starter {
	return slices.DeleteFunc(hub.Starters(), func(st Starter) bool {
		of, err := hub.Client{}.ParseReference(st.Reference)
		return err != nil || slices.ContainsFunc(l.Models, func(m Model) bool { return m.Fetched && filepath.Base(m.Dir) == of.Folder() }) ||
			slices.ContainsFunc(l.Downloads, func(d *Download) bool { return d.Name == st.Reference })
	})
}

// Linked is the model folders that were added in place, and those whose models are all listed, from the data folder's
// journal; none where it is missing or cannot be read. A studio may have it open.
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
