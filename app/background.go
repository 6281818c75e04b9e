package app

import (
	"nirvana/app/background"
	"nirvana/app/layers"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
)

// RemoveBackground makes the background of the selected layer transparent, computed in the background; the result is one undo step.
func (s *Studio) RemoveBackground() {
	failed := func(err error) { s.Fail("The background stays", err, "", nil) }
	d, stack := s.Document, s.Document.Stack()
	if stack == nil {
		return
	}
	id := stack.Active
	if err := stack.Paintable(id); err != nil {
		failed(err)
		return
	}
	l, _ := stack.Layer(id)
	at, serial := l.Pixels.Bounds(), d.Serial
	if at.Empty() {
		return
	}
	home, segment, on, ctx := s.options.Home, s.options.Segment, s.Settings.Hardware(), s.base
	if err := memory.Pixels("a layer", at.Size(), 16); err != nil {
		failed(err)
		return
	}
	s.Beside(func() func() {
		out, err := background.Remove(ctx, stack.Only(id, at), segment, background.Model(home), on.Device, on.Threads)
		return func() {
			if now := s.Document.Stack(); err == nil && (s.Document.Serial != serial || now == nil) {
				return // the picture is another now
			} else if same, _ := now.Layer(id); err == nil && same.Pixels != l.Pixels {
				err = fault.Settings.Errorf("the layer was changed meanwhile")
			}
			if err == nil {
				err = d.Arrange("remove the background", func(t *layers.Stack) (*layers.Stack, error) {
					return t.Painted(id, layers.Raster("", out, at.Min).Pixels)
				})
			}
			if err != nil {
				failed(err)
			}
		}
	})
}
