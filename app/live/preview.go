package live

import (
	"image"
	"reflect"
	"time"

	"nirvana/app/compose"
	"nirvana/app/layers"
	"nirvana/app/notice"
	"nirvana/app/opening"
	"nirvana/app/queue"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine/pixel"
)

// Preview is the live picture: a Follower whose passes a worker makes. Its methods are the owner's.
type Preview struct {
	in       Studio
	follower Follower
	frame    image.Rectangle // of the current pass
	settings any             // at the last change
}

// Studio is the part of the studio that a live picture uses.
type Studio struct {
	Sight  *tray.Sight
	Model  *opening.Model
	Runs   *queue.Runs
	Worker *worker.Worker
	*worker.Door
	*notice.Strip
	Now     func() time.Time
	Scene   func() compose.Scene
	Turned  func() // it was turned on or off
	Changed func() // there is another picture
}

// NewPreview is a live picture that is off. Its studio may be completed until its first use.
func NewPreview(in Studio) *Preview { return &Preview{in: in} }

// Live returns the live picture, nil if there is none, and its frame.
func (p *Preview) Live() (img *image.RGBA, frame image.Rectangle, on bool) {
	return p.follower.Picture, p.follower.Frame, p.follower.On
}

// SetLive turns it on or off.
func (p *Preview) SetLive(on bool) {
	if on == p.follower.On {
		return
	}
	if _, ok := p.in.Model.Chosen(); on && !ok {
		p.in.Model.None()
		return
	}
	p.follower.Start(on, p.in.Now())
	p.in.Turned()
	p.Begin()
}

// LiveTouched notes a change, such as a stroke of colour in progress.
func (p *Preview) LiveTouched() {
	if p.follower.On {
		p.follower.Touch(p.in.Now())
		p.Begin()
	}
}

// Follow is LiveTouched during a change of the state, which may be incomplete: the pass begins later. settings are those
// that can change the picture; alone: nothing else has changed, and if they are the same, a pass would only show the same
// picture again, coarse first.
func (p *Preview) Follow(settings any, alone bool) {
	same := alone && p.follower.On && reflect.DeepEqual(settings, p.settings)
	p.settings = settings
	if p.follower.On && !same {
		p.follower.Touch(p.in.Now())
		p.in.Post(p.Begin)
	}
}

// Yield drops the current pass: something else needs the model.
func (p *Preview) Yield() { p.follower.Yield() }

// Begin starts the next pass if one is due and the model is free.
func (p *Preview) Begin() {
	info, ok := p.in.Model.Chosen()
	if !ok || !p.in.Worker.Idle() || len(p.in.Runs.Queue) > 0 {
		return
	}
	scene := p.in.Scene()
	pass, ok, wait := p.follower.Next(p.in.Now(), scene.Wholes())
	if wait > 0 {
		post, again := p.in.Post, p.Begin
		time.AfterFunc(wait, func() { post(again) })
	}
	if !ok {
		return
	}
	p.frame = p.in.Sight.Document.Frame
	p.follower.Began(pass, p.in.Worker.Live(info, scene.Live(pass.Whole), pass.Number))
}

// Made receives a pass.
func (p *Preview) Made(e worker.Lived) {
	if e.Err != nil {
		if p.follower.Failed(e.Pass) {
			p.in.Fail("The live picture could not be made", e.Err, "", nil)
			p.in.Turned()
		}
		return
	}
	if p.follower.Done(e.Pass, e.Picture, p.frame) {
		p.in.Changed()
	}
}

// TakeLive makes the live picture a layer, or the picture of an empty document.
func (p *Preview) TakeLive() {
	img, frame, _ := p.Live()
	if img == nil {
		return
	}
	d, strip := p.in.Sight.Document, p.in.Strip
	if d.Picture == nil {
		d.Set(img)
		return
	}
	serial := d.Serial
	p.in.Beside(func() func() {
		if img.Rect.Size() != frame.Size() {
			img = pixel.Resize(img, frame.Dx(), frame.Dy())
		}
		l := layers.Raster("Live", img, frame.Min)
		return func() {
			if d.Serial != serial {
				return
			}
			strip.Fail("The layers stay as they are", d.Arrange("take live", func(t *layers.Stack) (*layers.Stack, error) {
				l.Name = t.Free(l.Name)
				return t.Added(t.Active, l)
			}), "", nil)
		}
	})
}
