package live

import (
	"image"
	"testing"
	"time"
)

func TestFollowing(t *testing.T) {
	var f Follower
	now := time.Unix(1e9, 0)
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	if _, ok, _ := f.Next(now, true); ok {
		t.Fatal("it follows before it is turned on")
	}
	f.Start(true, now)
	dropped := 0
	begin := func(whole bool) Pass {
		t.Helper()
		p, ok, _ := f.Next(now, true)
		if !ok || p.Whole != whole {
			t.Fatalf("next is %+v %v, want whole %v", p, ok, whole)
		}
		f.Began(p, func() { dropped++ })
		return p
	}
	p := begin(false)
	for range 5 { // during a stroke: the quick pass ends nevertheless, and the next one has the newest state
		f.Touch(now)
	}
	if _, ok, _ := f.Next(now, true); ok || dropped > 0 {
		t.Fatal("two passes at once, or a quick one dropped", dropped)
	}
	if !f.Done(p.Number, img, img.Rect) || f.Picture != img {
		t.Fatal("the quick pass is not shown")
	}
	p = begin(false)
	f.Done(p.Number, img, img.Rect)
	if _, ok, wait := f.Next(now.Add(Rest/2), true); ok || wait != Rest/2 {
		t.Fatal("a whole pass before the pen has rested, or at another time", wait)
	}
	now = now.Add(Rest)
	if _, ok, wait := f.Next(now, false); ok || wait != 0 {
		t.Fatal("a whole pass where there are none")
	}
	p = begin(true)
	f.Touch(now)
	if dropped != 1 {
		t.Fatal("a whole pass goes on though it is stale")
	}
	if f.Done(p.Number, nil, img.Rect) || f.Picture != img {
		t.Fatal("a dropped pass is shown")
	}
	p = begin(false)
	f.Done(p.Number, img, img.Rect)
	now = now.Add(Rest)
	p = begin(true)
	f.Done(p.Number, img, img.Rect)
	if _, ok, wait := f.Next(now.Add(time.Hour), true); ok || wait != 0 {
		t.Fatal("the whole pass is made again for nothing")
	}
	f.Touch(now)
	p = begin(false)
	f.Start(false, now)
	if dropped != 2 || f.Done(p.Number, img, img.Rect) || f.Picture != nil {
		t.Fatal("turned off, something is left")
	}
	f.Start(true, now)
	p = begin(false)
	if f.Failed(p.Number-1) || !f.Failed(p.Number) || f.On {
		t.Fatal("a failure does not end it")
	}
}
