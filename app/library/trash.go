package library

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"nirvana/app/notice"
	"nirvana/engine/wholefile"
)

// RemoveModel removes a model from the list. A fetched one goes to the trash, and the notice's button restores it; an
// added folder is not touched.
func (l *Library) RemoveModel(m Model) {
	if m.Shipped || l.hooks.InUse(m) {
		l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("%s is in use"), m.Name), Advice: l.say("Choose another model first.")})
		return
	}
	if m.Root != "" {
		l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("%s belongs to a folder of models"), m.Name), Advice: fmt.Sprintf(l.say("Take %s out under Settings > Model folders, or remove the file there."), m.Root)})
		return
	}
	trashed := ""
	if m.Fetched {
		trashed = filepath.Join(l.trash(), filepath.Base(m.Dir)+"-"+l.options.Now().UTC().Format("20060102T150405"))
		err := os.MkdirAll(filepath.Dir(trashed), 0o700)
		if err == nil {
			err = os.Rename(m.Dir, trashed)
		}
		if err != nil {
			l.hooks.Fail("The model could not be removed", err, "", nil)
			return
		}
	}
	l.Models = slices.DeleteFunc(slices.Clone(l.Models), func(o Model) bool { return o.Dir == m.Dir })
	l.hooks.Linked(m.Dir, false)
	l.hooks.Changed()
	l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("%s was removed"), m.Name), Action: l.say("Undo"), Do: func() {
		if trashed != "" {
			if err := os.Rename(trashed, m.Dir); err != nil {
				l.hooks.Fail("The model could not be brought back", err, "", nil)
				return
			}
		}
		l.AddModel(m)
	}})
}

// trash is the folder of removed models.
func (l *Library) trash() string { return filepath.Join(l.options.Home, "trash") }

// TrashSize is the size of the removed models, bytes; 0 if there are none.
func (l *Library) TrashSize() int64 {
	if l.options.Home == "" {
		return 0
	}
	return wholefile.Bytes(l.trash())
}

// EmptyTrash deletes the removed models permanently.
func (l *Library) EmptyTrash() {
	if l.options.Home == "" {
		return
	}
	size := l.TrashSize()
	if err := os.RemoveAll(l.trash()); err != nil {
		l.hooks.Fail("The trash could not be emptied", err, "", nil)
	} else if size > 0 {
		l.hooks.Notify(&notice.Notice{Headline: fmt.Sprintf(l.say("%d MB freed"), (size+500_000)/1_000_000)})
	}
	l.hooks.Changed()
}
