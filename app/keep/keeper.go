// Package keep saves the state: into the journal a moment after each change (Keeper), and into project files
// (WriteProject, OwnPart). It gets snapshots, plain values and immutable pictures, and does not depend on the studio.
package keep

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"nirvana/app/disk"
	"nirvana/app/document"
	"nirvana/app/journal"
)

// FlushAfter is how long a change may wait before it is committed. The rest of the promised 250 ms is for encoding, and
// for a busy machine.
const FlushAfter = 50 * time.Millisecond

// Waits between attempts while the journal cannot be written.
const retryFirst, retryMost = 2 * time.Second, 30 * time.Second

// Keeper commits the state to the journal a moment after it changed, in one transaction each time: a power cut leaves
// either the state before or the one after. Each change comes with a snapshot, so that nothing that the window's
// goroutine does meanwhile delays it. Committing waits for no disk, so that a program that is killed loses nothing
// however slow the disk is; sync follows. While either fails, the newest state stays in memory and is
// tried again later. Its methods may be called from any goroutine; report is called on one of the keeper's own.
type Keeper struct {
	sys    disk.System
	home   string
	report func(error)     // called with an error for each failed attempt, and with nil once everything is on the disk again
	want   func(anew What) // asks for a snapshot of all that the journal lacks

	lostStep atomic.Bool // a step could not be handed over: write all of the run's

	mu       sync.Mutex
	journal  *journal.Journal // nil: nothing is kept
	pending  *Snapshot        // the newest, not yet handed over
	held     int              // while it is over 0 nothing is handed over
	timer    bool             // a flush is coming
	writing  bool
	handed   bool // something waits to be settled
	settles  bool // a settle is under way
	failed   bool
	closed   bool
	wait     time.Duration
	versions map[int64]int // undo steps that the journal has

	turn    sync.Mutex          // to write. What follows is the writer's own.
	planes  document.Planes     // as the journal has them
	names   map[string][]string // records and the blobs that they name
	keepAll bool                // something could not be read: remove no blobs
}

// New is a keeper of the data folder home. report and want are called on goroutines of its own.
func New(sys disk.System, home string, report func(error), want func(What)) *Keeper {
	return &Keeper{sys: sys, home: home, report: report, want: want, names: map[string][]string{}, versions: map[int64]int{}}
}

// Take starts using a journal. keepAll: part of it could not be read, so no pictures are removed.
func (k *Keeper) Take(j *journal.Journal, keepAll bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.journal, k.keepAll = j, keepAll
}

// Named notes the blobs that a record of the journal refers to.
func (k *Keeper) Named(record string, blobs []string) {
	k.turn.Lock()
	defer k.turn.Unlock()
	k.names[record] = blobs
}

// Missed reports whether a step could not be committed since the last call: the next snapshot has to contain all steps.
func (k *Keeper) Missed() bool { return k.lostStep.Swap(false) }

// Current is the journal that can be read; nil without one.
func (k *Keeper) Current() *journal.Journal {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.journal
}

// Writable is the journal if it can be written, otherwise nil.
func (k *Keeper) Writable() *journal.Journal {
	if j := k.Current(); j != nil && !j.ReadOnly {
		return j
	}
	return nil
}

// Put takes a newer state to be committed.
func (k *Keeper) Put(s Snapshot) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(s)
	k.arm(FlushAfter)
}

// add merges a state into the pending one.
func (k *Keeper) add(s Snapshot) {
	if p := k.pending; p != nil {
		s.What |= p.What
		s.Runs.Missed(p.Runs)
	}
	k.pending = &s
}

func (k *Keeper) arm(after time.Duration) {
	if !k.timer && !k.closed {
		k.timer = true
		time.AfterFunc(after, func() {
			k.mu.Lock()
			k.timer = false
			again := k.failed
			k.mu.Unlock()
			if again {
				k.Retry(false)
			} else {
				k.flush(false)
			}
		})
	}
}

// Hold delays commits until release, while the journal's current contents are still needed.
func (k *Keeper) Hold() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held++
}

func (k *Keeper) Release() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held--; k.held == 0 && k.pending != nil {
		k.arm(0)
	}
}

// flush commits what is pending and starts a sync; if commits are held, only with force.
func (k *Keeper) flush(force bool) error {
	k.turn.Lock()
	defer k.turn.Unlock()
	k.mu.Lock()
	s, j := k.pending, k.journal
	if s == nil || j == nil || j.ReadOnly || k.closed || k.held > 0 && !force {
		k.mu.Unlock()
		return nil
	}
	k.pending, k.writing = nil, true
	k.mu.Unlock()
	err := k.write(j, *s)
	k.mu.Lock()
	k.writing = false
	if err == nil {
		k.versions, k.handed = s.Document.Versions, true
	} else if newer := k.pending; newer == nil {
		k.pending = s
	} else {
		k.pending = s
		k.add(*newer)
	}
	k.mu.Unlock()
	if err != nil {
		k.fail(err)
		return err
	}
	go k.sync()
	return nil
}

// sync syncs what was committed to the disk, one call at a time.
func (k *Keeper) sync() {
	k.mu.Lock()
	if k.settles || !k.handed {
		k.mu.Unlock()
		return
	}
	k.settles, k.handed = true, false
	j, keepAll := k.journal, k.keepAll
	k.mu.Unlock()
	err := j.Sync(keepAll)
	k.mu.Lock()
	k.settles = false
	again, recovered := k.handed, k.failed
	if err != nil {
		k.handed = true
	} else {
		k.wait, k.failed = 0, false
	}
	k.mu.Unlock()
	switch {
	case err != nil:
		k.fail(err)
	case again:
		k.sync()
	case recovered:
		k.report(nil)
	}
}

// fail reports it, and tries again later.
func (k *Keeper) fail(err error) {
	k.mu.Lock()
	if k.closed {
		k.mu.Unlock()
		return
	}
	k.failed = true
	k.wait = min(max(2*k.wait, retryFirst), retryMost)
	k.arm(k.wait)
	k.mu.Unlock()
	k.report(err)
}

// Quiet reports whether everything is on the disk.
func (k *Keeper) Quiet() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.pending == nil && !k.writing && !k.handed && !k.settles
}

// Retry opens the journal again, if its folder disappeared or came back, and writes. In a folder without a journal one
// is created only on the user's request, since the folder may be what a disconnected disk left behind.
func (k *Keeper) Retry(asked bool) {
	k.mu.Lock()
	busy := k.writing || k.settles || k.closed
	k.mu.Unlock()
	if busy {
		return // its end tells more
	}
	if err := k.reopen(asked); err != nil {
		k.fail(err)
		return
	}
	if k.flush(false) == nil {
		k.sync()
	}
}

// reopen opens the folder's journal again and requests that everything is written again.
func (k *Keeper) reopen(asked bool) error {
	if !asked && !journal.There(k.home) {
		return journal.ErrGone
	}
	j, err := journal.Open(k.sys, k.home)
	if err == nil && j.ReadOnly {
		return j.Close() // it is our own that holds it: nothing has moved
	}
	if err != nil {
		return err
	}
	return k.Use(j)
}

// Use continues with another journal and writes everything into it.
func (k *Keeper) Use(j *journal.Journal) error {
	k.turn.Lock()
	defer k.turn.Unlock()
	k.mu.Lock()
	was := k.journal
	k.journal, k.planes, k.versions = j, document.Planes{}, map[int64]int{}
	k.pending = nil // it counts on what the other journal has
	k.mu.Unlock()
	k.lostStep.Store(true)
	k.want(All)
	if was == nil {
		return nil
	}
	return was.Close()
}

// Has reports whether the journal has the current version of an undo step.
func (k *Keeper) Has(id int64, version int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.versions[id]
	return ok && v == version
}

// Knows notes the undo steps that the journal has.
func (k *Keeper) Knows(saved document.SavedUndo) {
	for _, list := range [][]document.SavedStep{saved.Done, saved.Undone} {
		for _, step := range list {
			k.versions[step.ID] = 0
			k.names[document.UndoRecord(step.ID)] = step.Blobs
		}
	}
}

// Finish writes what is pending, and returns when it is on the disk.
func (k *Keeper) Finish() error {
	j := k.Writable()
	if j == nil {
		return nil
	}
	err := k.flush(true)
	if err == nil {
		err = j.Sync(k.keepAll)
	}
	if err != nil {
		return fmt.Errorf("the last changes could not be saved: %w", err)
	}
	k.mu.Lock()
	k.handed = false
	k.mu.Unlock()
	return nil
}

// Close drops the journal.
func (k *Keeper) Close() error {
	k.turn.Lock()
	defer k.turn.Unlock()
	j := k.Current()
	if j == nil {
		return nil
	}
	k.mu.Lock()
	k.pending, k.closed = nil, true
	k.mu.Unlock()
	return j.Close()
}

// write commits records and pictures, all or none.
func (k *Keeper) write(j *journal.Journal, s Snapshot) error {
	records, names := map[string][]byte{}, map[string][]string{}
	to := document.Transaction{Records: records, Names: names}
	var err error
	put := func(name string, value any) {
		data, e := json.Marshal(value)
		if e != nil && err == nil {
			err = e
		}
		records[name], names[name] = data, journal.NamesIn(data)
	}
	if s.What&Settings != 0 {
		put("settings", s.Settings)
	}
	b := j.Blobs
	if s.What&Document != 0 {
		if e := s.Document.Write(j, k.planes, k.names, to); e != nil && err == nil {
			err = e
		}
	}
	if s.What&Tray != 0 {
		put("tray", s.Tray.Pack(b, &err))
	}
	if s.What&Runs != 0 {
		if e := s.Runs.Write(j, to); e != nil && err == nil {
			err = e
		}
	}
	if err != nil {
		return fmt.Errorf("saving the state: %w", err)
	}
	if err := j.Commit(records); err != nil {
		return err
	}
	if s.What&Document != 0 {
		k.planes = s.Document.Planes
	}
	k.keep(j, records, names)
	return nil
}

// keep updates which pictures the records refer to.
func (k *Keeper) keep(j *journal.Journal, records map[string][]byte, names map[string][]string) {
	for name, data := range records {
		if data == nil {
			delete(k.names, name)
		}
	}
	for name, blobs := range names {
		k.names[name] = blobs
	}
	kept := map[string]bool{}
	for _, blobs := range k.names {
		for _, b := range blobs {
			kept[b] = true
		}
	}
	j.Blobs.Keep(kept)
}
