package host

import (
	"image"

	"nirvana/app/guest"
	"nirvana/app/serve/work"
)

// made adds a finished picture to the history.
func (h *Host) made(p work.Picture) {
	if h.options.Pictures == nil {
		return
	}
	if _, err := h.options.Pictures.AddFile(p.Image, p.Image, p.Recipe); err == nil { // on failure the client still gets it
		h.stored.Store(true)
		h.changed()
	}
}

// changed reports the current run to the studio: on its goroutine, and once for several changes in between.
func (h *Host) changed() {
	if h.telling.Swap(true) {
		return
	}
	h.options.Post(func() {
		h.telling.Store(false)
		h.options.Studio.SetGuests(h.guests(), h.stored.Swap(false))
	})
}

func (h *Host) guests() (out guest.List) {
	q := h.queue.Load()
	if q == nil {
		return nil
	}
	for _, r := range q.Runs() {
		if o := r.Order(); o.Kind == work.Paint {
			out = append(out, guestRun(r, o))
		}
	}
	return out
}

func guestRun(r *work.Run, o work.Order) guest.Run {
	v, _ := r.View()
	g := guest.Run{ID: r.ID, From: apis[o.Origin], Prompt: o.Recipe.Prompt, Size: image.Pt(o.Recipe.Width, o.Recipe.Height), State: v.State.String(),
		Picture: v.Picture, Pictures: v.Pictures, Step: v.Step.Index, Of: v.Step.Of, Share: v.Share(), Stop: r.Stop}
	if g.Active() && v.Step.X.Data != nil {
		g.Preview = v.Step.Predicted(0)
	}
	return g
}

// apis are the protocols' names, by an order's origin.
var apis = map[string]string{"sdapi": "AUTOMATIC1111", "openai": "OpenAI", "nirvana": "Nirvana"}
