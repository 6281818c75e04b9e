package app

import (
	"errors"
	"fmt"
	"image"
	"sync/atomic"
	"time"

	"nirvana/app/disk"
	"nirvana/app/journal"
)

// flushAfter is how long a change may wait before it is handed over. What is left
// of the 250 ms that are promised is for packing it, and for a busy machine.
const flushAfter = 50 * time.Millisecond

// Waits between attempts while the journal cannot be written.
const retryFirst, retryMost = 2 * time.Second, 30 * time.Second

// keptChanges are those that the journal has records of.
const keptChanges = ChangedSettings | ChangedPicture | ChangedMask | ChangedFrame | ChangedTray | ChangedUndo | ChangedRun | ChangedStep | ChangedHistory

// keeper hands the state to the journal a moment after it changed, in one
// transaction each time: a power cut leaves either the state before or the one
// after. Handing over waits for no disk, so that a program that is killed loses
// nothing however slow the disk is; behind it, settle waits. While either fails,
// the state stays in memory, a notice says so, and it tries again. A nil keeper
// writes nothing.
type keeper struct {
	studio  *Studio
	sys     disk.System
	journal *journal.Journal
	dirty   Change
	held    int  // while it is over 0 nothing is handed over: something else takes up what the journal has first
	timer   bool // a flush is coming
	writing bool
	written chan struct{} // closed when the write under way is done
	handed  bool          // something waits to be settled
	settles bool          // a settle is under way
	failed  *Notice       // shown while the journal cannot be written
	wait    time.Duration
	edits   map[int64]int // undo steps that the journal has, with their versions

	lostStep atomic.Bool // a step could not be handed over: write all of the run's

	// The writer's own.
	mask     *image.Gray // as the journal has it
	scribble *image.Gray
	names    map[string][]string // records and the blobs that they name
	keepAll  bool                // something could not be read: remove no blobs
}

// note remembers what to write; on the owner.
func (k *keeper) note(c Change) {
	if k == nil || c&keptChanges == 0 || k.journal.ReadOnly {
		return
	}
	k.dirty |= c & keptChanges
	if !k.timer {
		k.timer = true
		k.after(flushAfter)
	}
}

func (k *keeper) after(d time.Duration) {
	time.AfterFunc(d, func() {
		k.studio.post(func() {
			k.timer = false
			k.flush()
		})
	})
}

// flush hands the state to a writer, one at a time.
func (k *keeper) flush() {
	if k.writing || k.dirty == 0 || k.held > 0 {
		return
	}
	state := k.studio.snapshot(k.dirty, k.edits)
	k.dirty, k.writing, k.written = 0, true, make(chan struct{})
	go func() {
		err := k.write(state)
		close(k.written)
		k.studio.post(func() { k.done(state, err) })
	}()
}

// hold keeps the journal as it is until release.
func (k *keeper) hold() {
	if k != nil {
		k.held++
	}
}

func (k *keeper) release() {
	if k == nil {
		return
	}
	if k.held--; k.held == 0 && k.dirty != 0 && !k.timer {
		k.flush()
	}
}

// done notes how a write went, on the owner.
func (k *keeper) done(state snapshot, err error) {
	k.writing = false
	if err != nil {
		k.dirty |= state.what
		k.fail(err)
		return
	}
	k.edits, k.handed = state.versions, true
	k.settle()
	if k.dirty != 0 && !k.timer {
		k.flush()
	}
}

// settle waits for the disk behind the writes, once at a time.
func (k *keeper) settle() {
	if k.settles || !k.handed {
		return
	}
	k.settles, k.handed = true, false
	j := k.journal
	go func() {
		err := j.Settle(k.keepAll)
		k.studio.post(func() { k.settled(err) })
	}()
}

// settled notes how it went, on the owner.
func (k *keeper) settled(err error) {
	k.settles = false
	if err != nil {
		k.handed = true
		k.fail(err)
		return
	}
	k.wait = 0
	if k.failed != nil {
		if k.studio.Notice == k.failed {
			k.studio.Dismiss()
		}
		k.failed = nil
		k.studio.changed(ChangedNotice)
		k.studio.storeAgain()
	}
	k.settle()
}

// quiet says that everything is on the disk.
func (k *keeper) quiet() bool { return k.dirty == 0 && !k.writing && !k.handed && !k.settles }

// fail tells of it once, and tries again later.
func (k *keeper) fail(err error) {
	if k.wait = min(max(2*k.wait, retryFirst), retryMost); !k.timer {
		k.timer = true
		time.AfterFunc(k.wait, func() { k.studio.post(func() { k.retry(false) }) })
	}
	if k.failed == nil || k.studio.Notice == nil {
		k.studio.Fail("The last changes could not be saved", err, "Try again", func() { k.retry(true) })
		k.failed = k.studio.Notice
	}
}

// retry opens the journal anew, if its folder was gone or came back, and writes.
// Only when the artist asks for it is one made in a folder that has none: it may
// be what a disconnected disk leaves behind, and the true one comes back.
func (k *keeper) retry(asked bool) {
	k.timer = false
	if k.writing || k.settles {
		return // its end tells more
	}
	if err := k.reopen(asked); err != nil {
		k.fail(err)
		return
	}
	k.flush()
	k.settle()
}

// reopen finds the folder's journal again and has everything written anew.
func (k *keeper) reopen(asked bool) error {
	if !asked && !journal.There(k.studio.options.Home) {
		return journal.ErrGone
	}
	j, err := journal.Open(k.sys, k.studio.options.Home)
	if err == nil && j.ReadOnly {
		return j.Close() // it is our own that holds it: nothing has moved
	}
	if err != nil {
		return err
	}
	k.use(j)
	k.dirty |= keptChanges
	return nil
}

// use goes on with another journal, into which everything is to be written anew.
func (k *keeper) use(j *journal.Journal) error {
	was := k.journal
	k.journal, k.mask, k.scribble, k.edits = j, nil, nil, map[int64]int{}
	k.lostStep.Store(true)
	return was.Close()
}

// Kept says what becomes of changes.
type Kept int

const (
	KeptNever  Kept = iota // in memory only, or another studio writes the journal
	KeptLater              // the journal cannot be written just now
	KeptAlways             // within a moment
)

// Kept says what becomes of changes that are made now.
func (s *Studio) Kept() Kept {
	switch k := s.keeper; {
	case k == nil || k.journal.ReadOnly:
		return KeptNever
	case k.failed != nil:
		return KeptLater
	}
	return KeptAlways
}

// Flush writes down what is left, and returns when it is on the disk.
func (s *Studio) Flush() error {
	k := s.keeper
	if k == nil || k.journal.ReadOnly {
		return nil
	}
	if k.held > 0 {
		s.saves.Wait()
	}
	if k.written != nil {
		<-k.written
	}
	if k.quiet() {
		return nil
	}
	state := s.snapshot(k.dirty|keptChanges, k.edits)
	err := k.write(state)
	if err == nil {
		k.edits, k.dirty = state.versions, 0
		err = k.journal.Settle(k.keepAll)
	}
	if err != nil {
		return fmt.Errorf("the last changes could not be saved: %w", err)
	}
	k.handed = false
	return nil
}

func (k *keeper) close() error {
	if k == nil {
		return nil
	}
	return errors.Join(k.studio.Flush(), k.journal.Close())
}
