// Package gallery has the owner's actions on the history's pictures: storing, with a retry of what could not be
// stored, deleting, restoring and exporting. Start with Gallery.
package gallery

import (
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"time"

	"nirvana/app/document"
	"nirvana/app/files"
	"nirvana/app/history"
	"nirvana/app/notice"
	"nirvana/app/recipe"
	"nirvana/app/tray"
	"nirvana/app/worker"
)

// Gallery has the finished pictures. Its methods are the owner's.
type Gallery struct {
	History *history.Store

	door     *worker.Door
	strip    *notice.Strip
	hooks    Hooks
	unstored []*tray.Candidate // finished, but writing to the history failed
	failed   *notice.Notice    // reports it
	last     chan struct{}     // closed once the last mark is written; nil: there is none
}

// Hooks connect a gallery to the program. All are required.
type Hooks struct {
	Say     func(string) string // translates
	Now     func() time.Time
	Changed func()                // the number of pictures has changed
	Made    func(*tray.Candidate) // a candidate is stored
}

// New is a gallery without a history.
func New(door *worker.Door, strip *notice.Strip, h Hooks) *Gallery {
	return &Gallery{door: door, strip: strip, hooks: h}
}

// Stored notes that a candidate is in the history with an id, or the error. One that could not be written waits in
// memory for the next attempt.
func (g *Gallery) Stored(c *tray.Candidate, id int64, err error) {
	if err != nil {
		g.unstored = append(g.unstored, c)
		g.strip.Fail("The picture could not be put into the history", err, "Try again", g.StoreAgain)
		g.failed = g.strip.Notice
		return
	}
	if len(g.unstored) == 0 {
		g.strip.Done(g.failed)
	}
	c.Stored, c.Canvas = id, nil
	g.hooks.Made(c)
	g.hooks.Changed()
}

// Waiting is how many candidates wait to be stored.
func (g *Gallery) Waiting() int { return len(g.unstored) }

// TakeUnstored adds finished candidates that could not be stored in the last session.
func (g *Gallery) TakeUnstored(all []*tray.Candidate) {
	for _, c := range all {
		if c.Stored == 0 && !c.Partial {
			g.unstored = append(g.unstored, c)
		}
	}
}

// StoreAgain stores the waiting candidates in the history, in the background.
func (g *Gallery) StoreAgain() {
	type picture struct {
		of     *tray.Candidate // belongs to the owner
		shown  *image.RGBA
		on     *document.Canvas
		recipe recipe.Recipe
	}
	var waiting []picture
	for _, c := range g.unstored {
		waiting = append(waiting, picture{c, c.Picture, c.Canvas, c.Recipe})
	}
	g.unstored = nil
	h, post := g.History, g.door.Post
	if len(waiting) == 0 {
		return
	}
	g.door.Aside(func() {
		for _, p := range waiting {
			id, err := worker.Store(h, p.shown, p.on, p.recipe)
			post(func() { g.Stored(p.of, id, err) })
		}
	})
}

// DeletePictures deletes entries of the history; the notice's button restores them. Their files are deleted after
// thirty days.
func (g *Gallery) DeletePictures(entries []history.Entry) {
	if len(entries) == 0 {
		return
	}
	headline := g.say("1 picture moved to the trash")
	if len(entries) > 1 {
		headline = fmt.Sprintf(g.say("%d pictures moved to the trash"), len(entries))
	}
	g.strip.Tell(&notice.Notice{Headline: headline, Advice: g.say("They can be put back for thirty days."),
		Action: g.say("Undo"), Do: func() { g.RestorePictures(entries) }})
	h, now := g.History, g.hooks.Now()
	g.mark(idsOf(entries), func(id int64) error { return h.Delete(id, now) })
}

// RestorePictures restores deleted entries.
func (g *Gallery) RestorePictures(entries []history.Entry) { g.mark(idsOf(entries), g.History.Restore) }

// Replaced deletes the unfinished picture of a stopped run: the finished one replaces it.
func (g *Gallery) Replaced(id int64) {
	h, now := g.History, g.hooks.Now()
	g.mark([]int64{id}, func(id int64) error { return h.Delete(id, now) })
}

// mark writes a mark on entries in the background, in the order of the calls, so that deleting and restoring at once
// restores.
func (g *Gallery) mark(ids []int64, set func(id int64) error) {
	before, written := g.last, make(chan struct{})
	g.last = written
	g.door.Beside(func() func() {
		defer close(written)
		if before != nil {
			<-before
		}
		var err error
		for _, id := range ids {
			err = errors.Join(err, set(id))
		}
		return func() {
			g.strip.Fail("The history could not be changed", err, "", nil)
			g.hooks.Changed()
		}
	})
}

func idsOf(entries []history.Entry) (ids []int64) {
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

// ExportPictures copies entries' files, with their recipes, into a folder, in the background. Existing files are not
// overwritten.
func (g *Gallery) ExportPictures(entries []history.Entry, dir string) {
	var list []files.Copy
	for _, e := range entries {
		list = append(list, files.Copy{From: e.Path, Name: fmt.Sprintf("%s-%d", e.Made.Format("2006-01-02-150405"), e.Recipe.Seed)})
	}
	g.door.Beside(func() func() {
		err := files.CopyTo(dir, list)
		return func() {
			if err != nil {
				g.strip.Fail("The pictures were not exported", err, "", nil)
				return
			}
			g.strip.Tell(&notice.Notice{Headline: fmt.Sprintf(g.say("Exported to %s: %d"), filepath.Base(dir), len(list))})
		}
	})
}

// Before reads the picture of a trajectory that is the one looked for, on any goroutine; nil: it is not there.
func (g *Gallery) Before(trajectory string, is func(*image.RGBA) bool) func() *image.RGBA {
	h := g.History
	return func() *image.RGBA {
		if trajectory == "" {
			return nil
		}
		found, err := h.Of(trajectory)
		if err != nil {
			return nil
		}
		for _, e := range found {
			if img, err := h.Picture(e); err == nil && is(img) {
				return img
			}
		}
		return nil
	}
}

// say translates what the artist reads.
func (g *Gallery) say(text string) string { return g.hooks.Say(text) }
