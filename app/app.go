// Package app is the studio's state: the document with its mask and frame, the settings, the runs, the candidates,
// the history. It does not depend on widgets. Start with Studio; Generate in generate.go is the button's action,
// run.go receives package worker's results, and package document is what the user paints on.
//
// Everything here belongs to one goroutine, the owner: the window's. Background work takes values and sends events
// through Options.Post, so nothing needs a mutex. Pictures (*image.RGBA) are immutable once they are shared; a new
// picture is a new pointer.
package app

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"nirvana/app/background"
	"nirvana/app/disk"
	"nirvana/app/document"
	"nirvana/app/gallery"
	"nirvana/app/generate"
	"nirvana/app/guest"
	"nirvana/app/keep"
	"nirvana/app/library"
	"nirvana/app/live"
	"nirvana/app/noise"
	"nirvana/app/notice"
	"nirvana/app/opening"
	"nirvana/app/panel"
	"nirvana/app/queue"
	"nirvana/app/saving"
	"nirvana/app/timeline"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/app/xray"
	"nirvana/models/hub"
)

// ModelInfo is one line of the model menu.
type ModelInfo = library.Model

// LoRA is a LoRA's file, as prompts name it.
type LoRA = library.LoRA

// Options are what a studio needs.
type Options struct {
	// Home is the data folder: history, journal. "" keeps everything in memory.
	Home string
	// Disk is the file system under Home and projects; nil: the system's own.
	Disk disk.System
	// Post runs a function on the owner goroutine, later and in order.
	Post func(func())
	// Load opens the model in a folder; called on a worker.
	Load worker.Load
	// Upscaler opens an upscaler's file; called on a worker. Nil: pictures cannot be enlarged with one.
	Upscaler worker.OpenUpscaler
	// Segment runs a segmentation model on a picture; nil: only plain backgrounds can be removed.
	Segment background.Segment
	// Models are the models to choose from; the first is the default.
	Models []ModelInfo
	// Read describes a model folder.
	Read func(dir string) (ModelInfo, error)
	// List reports the models under a folder as they are found, on any goroutine; Watch sets the folders whose changes
	// call Studio.Rescan. Nil: folders are not listed, or not watched.
	List  func(ctx context.Context, root string, tell func([]ModelInfo)) (folders []string, err error)
	Watch func(folders []string)
	// Parts looks for the files that go with a model, and Fits says what is wrong with those that it is to be opened with; both
	// on any goroutine. Nil: there are none, or all are taken.
	Parts func(ctx context.Context, dir string, roots []string) library.Parts
	Fits  func(ModelInfo) error
	// Store is the folder for downloaded models, Hub where they come from.
	Store string
	Hub   hub.Client
	// Memory is this machine's, in bytes; 0: unknown.
	Memory int64
	// Version of the program, for recipes.
	Version string
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Say translates texts and formats for the user from English; nil: English.
	Say func(string) string
	// Draw draws a seed; nil: at random, below 2^32.
	Draw func() uint64
}

// Change is a set of things that changed.
type Change uint

const (
	ChangedPicture          = Change(document.ChangedPicture)   // Document.Picture
	ChangedMask             = Change(document.ChangedMask)      // Document.Mask
	ChangedFrame            = Change(document.ChangedFrame)     // Document.Frame, and with it perhaps Mode
	ChangedUndo             = Change(document.ChangedUndo)      // what can be undone
	ChangedLayers           = Change(document.ChangedLayers)    // Document.Stack, or which layer is chosen
	ChangedSelection        = Change(document.ChangedSelection) // Document.Selection
	ChangedSettings  Change = 1 << (iota + 4)                   // Settings
	ChangedRun                                                  // a run was queued, began, ended; the queue's order
	ChangedStep                                                 // the run has a new step, or shows another
	ChangedTray                                                 // candidates or their selection
	ChangedHistory                                              // a picture was added to the history or removed
	ChangedModel                                                // a model was opened, is being opened, or was closed
	ChangedNotice                                               // Strip.Notice
)

// Studio is the whole state. Read its fields freely on the owner goroutine; change them only through methods. What it
// holds are the rooms of docs/architecture.md: each has its part of the state, and its methods are the studio's.
type Studio struct {
	// Sight is what the artist sees: Document and Tray.
	tray.Sight
	// Panel is the settings.
	*panel.Panel
	// Model is the chosen and the open model.
	*opening.Model
	// Library is the models to choose from, and the downloads.
	*library.Library
	// Composer queues runs.
	*generate.Composer
	// Runs are the run under way, those in the queue, and those that can be resumed.
	*queue.Runs
	// Timeline is the run whose steps are shown.
	*timeline.Timeline
	// View is the noise view.
	*noise.View
	// Preview is the live picture.
	*live.Preview
	// Gallery is the History's pictures.
	*gallery.Gallery
	// Saver is the files that the document is kept in.
	*saving.Saver
	// Recorder collects what has changed, to be saved.
	*keep.Recorder
	// Door runs functions of other goroutines on the owner's.
	*worker.Door
	// Strip is the notice that is shown.
	*notice.Strip
	// Guests are the pictures that are being made for other programs; see lend.go.
	Guests guest.List
	// XRay is what is seen of the network's evaluation at the step that is shown.
	XRay xray.View

	options   Options
	observers []func(Change)
	base      context.Context
	shut      context.CancelFunc
	worker    *worker.Worker
	lends     []func(worker.Loan) // wait for the worker
}

// New makes a studio and restores the last one's state from Home. A notice reports what could not be restored, and a
// Home that cannot be used.
func New(o Options) (*Studio, error) {
	if o.Post == nil {
		return nil, errors.New("app.New needs Options.Post, the way back to the owner goroutine")
	}
	s := &Studio{options: o.filled()}
	s.base, s.shut = context.WithCancel(context.Background())
	s.furnish()
	if len(o.Models) > 0 {
		s.Settings.Model = o.Models[0].Name
	}
	s.OpenPaths(s.options.Disk, o.Home)
	if err := s.openHome(); err != nil {
		s.shut()
		return nil, err
	}
	s.BoundPaths()
	s.findModels()
	return s, nil
}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Say == nil {
		o.Say = func(text string) string { return text }
	}
	if o.Draw == nil {
		o.Draw = func() uint64 { return uint64(rand.Uint32()) }
	}
	if o.Disk == nil {
		o.Disk = disk.OS{}
	}
	return o
}

// furnish makes what the studio holds. Each is given what stands before it.
func (s *Studio) furnish() {
	s.Door = worker.NewDoor(s.base, s.options.Post, func() func() { return s.Together() })
	s.Strip = notice.NewStrip(s.say, func() { s.changed(ChangedNotice) })
	s.Recorder, s.Gallery = s.newRecorder(), s.newGallery()
	s.Keeper = s.newKeeper(nil)
	s.Keeps = func() (bool, bool) { return s.Settings.ResultLayer, s.Settings.HoldMask }
	s.Runs, s.Panel, s.Library = s.newRuns(), s.newPanel(), s.newLibrary()
	post := s.Post
	s.worker = worker.New(s.base, s.options.Load, func(e worker.Event) { post(func() { s.heard(e) }) })
	s.worker.Upscaler = s.options.Upscaler
	s.Model = opening.New(opening.Studio{Panel: s.Panel, Library: s.Library, Worker: s.worker, Strip: s.Strip, Door: s.Door, Fits: s.options.Fits, Memory: s.options.Memory,
		Empty:   func() bool { return s.Document.Picture == nil },
		Changed: func() { s.changed(ChangedSettings) }})
	s.Document, s.Tray = s.newDocument(), s.newTray()
	s.Composer = s.newComposer()
	s.Timeline = s.newTimeline()
	s.View = s.newNoise()
	s.Preview = s.newPreview()
	s.Saver = s.newSaver()
}

// Observe calls f on the owner goroutine after every change.
func (s *Studio) Observe(f func(Change)) { s.observers = append(s.observers, f) }

// changed notifies the observers, and the journal.
func (s *Studio) changed(c Change) {
	if c == 0 {
		return
	}
	if c&(ChangedPicture|ChangedMask|ChangedFrame|ChangedModel|ChangedTray) != 0 {
		s.ForgetMode()
	}
	if c&(ChangedSettings|ChangedModel) != 0 {
		s.DropOwnSize()
	}
	s.Note(keptOf(c))
	if c&followed != 0 {
		s.Follow(s.Settings.OfPicture(), c&followed == ChangedSettings)
	}
	if c&(ChangedPicture|ChangedMask|ChangedTray) != 0 {
		s.Document.Unsaved = true
	}
	for _, f := range s.observers {
		f(c)
	}
	if s.XRay.On && c&(ChangedStep|ChangedRun|ChangedTray|ChangedModel|ChangedPicture) != 0 {
		s.Post(s.xrayWanted) // what changed may not be whole yet
	}
}

// Close stops the work under way, writes the journal and closes the model. It waits for the worker; results that it
// still posts are dropped. Runs under way and waiting can be resumed at the next start.
func (s *Studio) Close() error {
	s.shut()
	s.worker.Wait()
	s.Rest()
	s.Recorder.Wait()
	if s.Runs.Close() {
		s.Note(keptOf(ChangedRun))
	}
	err := errors.Join(s.Flush(), s.Keeper.Close())
	s.Settle("")
	s.Queue = nil
	return errors.Join(err, s.worker.Close(), s.History.Close())
}

// say translates a text for the user.
func (s *Studio) say(text string) string {
	if text == "" {
		return ""
	}
	return s.options.Say(text)
}

// now is the studio's clock.
func (s *Studio) now() time.Time { return s.options.Now() }
