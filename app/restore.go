package app

import (
	"encoding/json"
	"errors"
	"fmt"

	"nirvana/app/document"
	"nirvana/app/files"
	"nirvana/app/history"
	"nirvana/app/journal"
	"nirvana/app/keep"
	"nirvana/app/trajectory"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine/fault"
)

// openHome opens the data folder and restores the state from it. If it is read-only, its contents are shown; if it
// cannot be used at all, the studio works in memory. Both are reported.
func (s *Studio) openHome() (err error) {
	if s.options.Home == "" {
		s.History, err = history.Open("")
		return err
	}
	j, err := journal.Open(s.options.Disk, s.options.Home)
	if err == nil {
		if s.History, err = history.Open(s.options.Home); err != nil {
			j.Close()
		}
	}
	unusable := err
	if unusable != nil {
		if j, err = s.openCopy(); err != nil {
			return s.inMemory(unusable)
		}
	}
	k := s.newKeeper(s.options.Disk)
	err = s.restore(k, j)
	if j.Aside != "" {
		err = errors.Join(fault.Lost.Errorf("the journal was damaged and is kept as %s", j.Aside), err)
	}
	if err != nil {
		s.Fail("Not everything from last time could be restored", err, "", nil)
	}
	k.Take(j, err != nil)
	s.Keeper = k
	s.undoAhead()
	if lost := s.History.Lost; lost != nil {
		s.Fail("The history is being rebuilt", lost, "", nil)
		told, h, base, post := s.Notice, s.History, s.base, s.Post
		s.Aside(func() {
			h.Rebuild(base, func() { post(func() { s.changed(ChangedHistory) }) })
			post(func() { s.Done(told) })
		})
	}
	s.TakeUnstored(s.Tray.Candidates)
	if !j.Copy {
		s.StoreAgain()
	}
	if !j.ReadOnly {
		sys, home, exports, taken, now := s.options.Disk, s.options.Home, s.Settings.Folder, s.Document.Earlier, s.now()
		s.Aside(func() { files.Tidy(sys, home, exports, taken, now) })
		paths := s.Paths
		s.History.Gone = func(r Recipe) { paths.Drop(trajectory.Key(r.StepHashes())) }
		h, post := s.History, s.Post
		s.Aside(func() {
			err := h.Purge(now)
			post(func() { s.Fail("The history could not be changed", err, "", nil) })
		})
	}
	switch {
	case j.Copy:
		s.sayUnkept(unusable)
	case j.ReadOnly:
		s.Tell(&Notice{Headline: s.say("Nirvana is already open in another window"), Advice: s.say("You can work in this window, but changes are not kept for the next start: save what you want to keep as a project, or close this window.")})
	case err == nil:
		s.Offer(s.say)
	}
	return nil
}

// openCopy opens a copy of a read-only data folder's journal.
func (s *Studio) openCopy() (*journal.Journal, error) {
	j, err := journal.OpenCopy(s.options.Disk, s.options.Home)
	if err != nil {
		return nil, err
	}
	if s.History, err = history.OpenCopy(s.options.Home); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// inMemory continues without a data folder.
func (s *Studio) inMemory(cause error) error {
	store, err := history.Open("")
	if err != nil {
		return err
	}
	s.History = store
	s.OpenPaths(s.options.Disk, "")
	s.sayUnkept(cause)
	return nil
}

func (s *Studio) sayUnkept(cause error) {
	s.Fail("The data folder cannot be used", cause, "Try again", func() {
		if err := s.findHome(); err != nil {
			s.Fail("The data folder cannot be used", err, "Try again", s.Notice.Do)
		}
	})
}

// findHome uses a data folder that could not be used at the start. The state in memory is written there, but only if the
// folder has not changed since.
func (s *Studio) findHome() error {
	k, copied := s.Keeper, s.Keeper.Current()
	other := fault.Changed.Errorf("the data folder is there again and holds another picture: save this one as a project, then start again")
	if copied != nil && copied.Changed() {
		return other
	}
	j, err := journal.Open(s.options.Disk, s.options.Home)
	if err != nil {
		return err
	}
	if j.ReadOnly {
		return errors.Join(journal.ErrReadOnly, j.Close())
	}
	if names, err := j.Names(""); err != nil || copied == nil && len(names) > 0 {
		return errors.Join(err, other, j.Close())
	}
	store, err := history.Open(s.options.Home)
	if err != nil {
		return errors.Join(err, j.Close())
	}
	s.History.Close()
	s.History = store
	s.OpenPaths(s.options.Disk, s.options.Home)
	s.BoundPaths()
	err = k.Use(j)
	s.changed(allChanges)
	s.StoreAgain()
	return err
}

// restore reads the records. Damaged ones are left out.
func (s *Studio) restore(k *keep.Keeper, j *journal.Journal) error {
	var errs []error
	read := func(name string, into any) bool {
		data, err := j.Record(name)
		if err == nil && data != nil {
			err = json.Unmarshal(data, into)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
		k.Named(name, journal.NamesIn(data))
		return err == nil && data != nil
	}
	settings := s.Settings
	if read("settings", &settings) {
		s.KeepSettings(func() { s.Resumed(settings) })
	}
	b := j.Blobs
	var doc document.Saved
	if read("document", &doc) {
		mask, scribble, selection, err := document.ReadPlanes(j)
		errs = append(errs, err, fault.Guarded(func() error { return s.Document.Restore(doc, mask, selection, b) }))
		s.Document.Scribble = scribble
	}
	var undo document.SavedUndo
	if s.Document.Complete(doc) && read("undo", &undo) {
		s.Document.RestoreUndo(undo, k.Current)
		k.Knows(undo)
	}
	var results tray.Saved
	if read("tray", &results) {
		read, err := tray.Load(results, b)
		errs = append(errs, err)
		s.takeResults(read)
	}
	var runs worker.SavedList
	read("runs", &runs)
	errs = append(errs, s.Runs.Restore(runs, j, k.Named))
	return errors.Join(errs...)
}

// takeResults adds candidates that were read, as the document's.
func (s *Studio) takeResults(r tray.Results) {
	s.Tray.Take(r, s.Document.Serial)
	for _, c := range s.Tray.Candidates {
		if c.Stored == 0 {
			c.Canvas = s.canvasOf(c.Mode, c.Frame, c.Replaces)
		}
	}
}
