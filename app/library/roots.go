package library

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"

	"nirvana/app/notice"
)

// Root is a folder whose models are all listed, without copying them: another program's, or a plain one.
type Root struct {
	Dir    string
	Models int   // found in it
	Looked bool  // it has been scanned since the program started
	Err    error // why it could not be scanned; models found before stay listed
	fresh  bool  // just added: its number of models is to be reported
}

// SetRoots sets the listed folders from the settings, and scans them.
func (l *Library) SetRoots(dirs []string) {
	for _, dir := range dirs {
		if !slices.ContainsFunc(l.Roots, func(r Root) bool { return r.Dir == dir }) {
			l.Roots = append(l.Roots, Root{Dir: dir})
		}
	}
	l.Rescan()
}

// AddRoot lists another folder's models.
func (l *Library) AddRoot(dir string) {
	dir = filepath.Clean(dir)
	if l.rootAt(dir) < 0 {
		l.Roots = append(l.Roots, Root{Dir: dir, fresh: true})
		l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("Looking for models in %s ..."), filepath.Base(dir)), Fine: true})
		l.hooks.Rooted(l.dirs())
	}
	l.Rescan()
}

// report reports the models of a newly added folder.
func (l *Library) report(r Root) {
	switch {
	case r.Err != nil:
		l.hooks.Fail("The folder cannot be read", r.Err, "", nil)
	case r.Models == 0:
		l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("There are no models in %s"), r.Dir), Advice: l.say("Files that are put there are listed at once. Choose the folder of ComfyUI, AUTOMATIC1111, Forge, SD.Next, Fooocus or Invoke, or one with checkpoints in it.")})
	default:
		headline := l.say("One model of this folder is in the list")
		if r.Models != 1 {
			headline = fmt.Sprintf(l.say("%d models of this folder are in the list"), r.Models)
		}
		l.hooks.Notify(&notice.Notice{Headline: headline, Advice: l.say("They stay in their folder. Choose one under Model.")})
	}
}

// DropRoot removes a folder from the list. Its files stay.
func (l *Library) DropRoot(dir string) {
	l.Roots = slices.DeleteFunc(slices.Clone(l.Roots), func(r Root) bool { return r.Dir == dir })
	l.put(dir, nil)
	l.hooks.Rooted(l.dirs())
	l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("%s was removed"), dir), Action: l.say("Undo"), Do: func() { l.AddRoot(dir) }})
	l.Rescan()
}

func (l *Library) dirs() (out []string) {
	for _, r := range l.Roots {
		out = append(out, r.Dir)
	}
	return out
}

// RootOf is the listed folder that contains a path; "" if none does.
func (l *Library) RootOf(path string) string {
	for _, r := range l.Roots {
		if rel, err := filepath.Rel(r.Dir, path); err == nil && filepath.IsLocal(rel) {
			return r.Dir
		}
	}
	return ""
}

// Rescan scans the folders in the background: new models are listed, missing ones removed. If called again meanwhile,
// it scans once more.
func (l *Library) Rescan() {
	if l.options.List == nil || l.scanning {
		l.again = l.scanning
		return
	}
	if l.scanning = true; len(l.Roots) == 0 {
		l.scanned(nil)
		return
	}
	roots := l.dirs()
	l.hooks.Aside(func() {
		var watched []string
		for _, dir := range roots {
			watched = append(watched, l.list(dir)...)
		}
		l.hooks.Post(func() { l.scanned(watched) })
	})
}

// list scans one folder, and posts its models: the first time as they are found.
func (l *Library) list(dir string) []string {
	var all []Model
	folders, err := l.options.List(l.base, dir, func(found []Model) {
		for i := range found {
			found[i].Root = dir
		}
		all = append(all, found...)
		l.hooks.Post(func() {
			if i := l.rootAt(dir); i >= 0 && !l.Roots[i].Looked {
				l.put(dir, append(l.in(dir), found...))
			}
		})
	})
	l.hooks.Post(func() {
		i := l.rootAt(dir)
		if i < 0 || l.base.Err() != nil {
			return
		}
		was := l.Roots[i]
		l.Roots[i].fresh = false
		if l.Roots[i].Looked, l.Roots[i].Err = true, err; err == nil {
			l.put(dir, all)
		} else if !was.Looked || was.Err == nil {
			l.hooks.Changed()
		}
		if was.fresh {
			l.report(l.Roots[i])
		}
	})
	return folders
}

func (l *Library) scanned(watched []string) {
	l.scanning = false
	if l.options.Watch != nil {
		l.options.Watch(watched)
	}
	if l.again {
		l.again = false
		l.Rescan()
		return
	}
	l.FindParts(l.PartsOf)
}

func (l *Library) rootAt(dir string) int {
	return slices.IndexFunc(l.Roots, func(r Root) bool { return r.Dir == dir })
}

// in returns the listed models of a folder.
func (l *Library) in(dir string) (out []Model) {
	for _, m := range l.Models {
		if m.Root == dir {
			out = append(out, m)
		}
	}
	return out
}

// put replaces a folder's models in the list. Models that are listed already are not added again.
func (l *Library) put(dir string, found []Model) {
	next, here := make([]Model, 0, len(l.Models)+len(found)), map[string]bool{}
	for _, m := range l.Models {
		if m.Root != dir {
			next, here[m.Dir] = append(next, m), true
		}
	}
	for _, m := range found {
		if !here[m.Dir] {
			next, here[m.Dir] = append(next, m), true
		}
	}
	if i := l.rootAt(dir); i >= 0 {
		l.Roots[i].Models = len(found)
	}
	if reflect.DeepEqual(next, l.Models) {
		return
	}
	l.Models = next
	l.hooks.Changed()
}
