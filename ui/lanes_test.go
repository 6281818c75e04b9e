package ui

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"nirvana/app/lineage"
	"nirvana/app/recipe"
)

// Open branches have the same room however many there are; each is drawn from the step that it left its parent at, and a
// click shows it.
func TestLanes(t *testing.T) {
	test.NewTempApp(t)
	picked, step, grown := -1, -1, 0
	b := newTickBar(func(i int) { step = i })
	b.grown = func() { grown++ }
	w := test.NewTempWindow(t, b)
	b.Set(26, 26, 25)
	flat := b.MinSize().Height
	two := []lane{{until: 25, name: "first", pick: func() { picked = 0 }}, {from: 10, until: 25, up: 1, name: "Guidance 7.5 -> 4", shown: true, pick: func() { picked = 1 }}}
	if b.Lanes(two, false); b.MinSize().Height != flat || grown != 0 {
		t.Fatalf("%g high with branches that nobody wants to see, %g without", b.MinSize().Height, flat)
	}
	if b.Lanes(two, true); b.MinSize().Height != flat+laneRows*laneHeight || grown != 1 {
		t.Fatalf("%g high, %g without branches, told %d times", b.MinSize().Height, flat, grown)
	}
	w.Resize(fyne.NewSize(512+2*6, b.MinSize().Height))
	b.Resize(fyne.NewSize(512, b.MinSize().Height))
	if l := b.laneLines[1]; l.Position().X < 200 || l.Position().X > 212 || l.FillColor != accent || b.laneNames[1].Text != "Guidance 7.5 -> 4" {
		t.Errorf("the branch begins at %v, %q", l.Position(), b.laneNames[1].Text)
	}
	click := func(y float32) {
		b.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(300, y)}})
	}
	click(flat + 1.5*laneHeight)
	if picked != 1 || step != -1 {
		t.Errorf("a click on a branch shows %d, and step %d", picked, step)
	}
	click(flat - 3)
	if step < 10 {
		t.Errorf("a click on the ticks shows step %d", step)
	}
	var many []lane
	for i := range 9 {
		many = append(many, lane{until: 25, name: string(rune('a' + i)), shown: i == 4, pick: func() { picked = i }})
	}
	if b.Lanes(many, true); b.MinSize().Height != flat+laneRows*laneHeight || grown != 1 {
		t.Errorf("nine lanes are %g high, told %d times", b.MinSize().Height, grown)
	}
	for last := range 9 {
		b.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -10)})
		if click(flat + (laneRows-0.5)*laneHeight); picked != min(5+last, 8) {
			t.Errorf("scrolled %d times the last row shows %d", last+1, picked)
		}
	}
	for range 9 {
		b.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 10)})
	}
	if click(flat + 0.5*laneHeight); picked != 0 {
		t.Errorf("scrolled back the first row shows %d", picked)
	}
	b.Lanes(nil, true)
	if step = -1; b.laneLines[0].Visible() {
		t.Error("lanes that are gone are drawn")
	}
	if click(flat + 0.5*laneHeight); step != -1 {
		t.Error("a click where no lane is shows a step")
	}
	if b.Lanes(nil, false); b.MinSize().Height != flat {
		t.Error("closed, it is as high as before")
	}
}

// What a picture is called in the tree.
func TestPlaceNames(t *testing.T) {
	for want, p := range map[string]lineage.Place{
		"a kite":               {Parent: -1, Node: lineage.Node{Recipe: recipe.Recipe{Prompt: "a\n kite"}}},
		"Guidance 7.5 -> 4":    {How: lineage.Branched, Named: []lineage.Difference{{What: "Guidance", Was: "7.5", Is: "4"}}},
		"from step 9":          {How: lineage.Branched, Step: 9},
		"upscale, Prompt":      {How: "upscale", Named: []lineage.Difference{{What: "Prompt", Was: "a", Is: "b"}}},
		"inpaint, Seed 7":      {How: "inpaint", Named: []lineage.Difference{{What: "Seed", Is: "7"}}},
		"unfinished, 18 of 31": {Parent: -1, Node: lineage.Node{Recipe: recipe.Recipe{Unfinished: []int{18, 31}}}},
	} {
		if got := placeName(p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The film shows pictures that are read after the bar was drawn, without another change of the bar.
func TestFilmComesLater(t *testing.T) {
	test.NewTempApp(t)
	b := newTickBar(nil)
	read := false
	b.frames = func(int) image.Image {
		if !read {
			b.lacks = true
			return nil
		}
		return image.NewRGBA(image.Rect(0, 0, 4, 4))
	}
	test.NewTempWindow(t, b).Resize(fyne.NewSize(400, 80))
	b.Set(10, 10, 9)
	if len(b.film) == 0 || b.film[0].Image != nil {
		t.Fatal("the film has pictures before they are read")
	}
	read = true
	b.Set(10, 10, 9)
	if b.film[0].Image == nil || !b.film[0].Visible() {
		t.Error("what was read is not on the film")
	}
}
