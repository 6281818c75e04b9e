package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"nirvana/app"
)

// examples are prompts that a new user can click: the verifier of the model that ships finds nine of ten seeds right
// at least (python -m evaluate.examples).
var examples = []string{"a red heart, flat emoji", "a hamburger, 3d emoji", "a sunflower, flat emoji"}

// plainExamples stand in their places for the other models, which know no style by those words.
var plainExamples = []string{"a red heart", "a hamburger", "a sunflower"}

// emptyState is shown while the canvas is empty.
type emptyState struct {
	w      *Window
	box    *fyne.Container
	ground *canvas.Rectangle
	title  []*canvas.Text
	try    []*button // one for each example
}

func newEmptyState(w *Window) *emptyState {
	e := &emptyState{w: w}
	var rows []fyne.CanvasObject
	for _, line := range brokenInto(say("Type what you want to see, then press Generate."), 380, titleSize) {
		title := canvas.NewText(line, theme.Color(theme.ColorNameForeground))
		title.TextSize, title.Alignment = titleSize, fyne.TextAlignCenter
		e.title, rows = append(e.title, title), append(rows, title)
	}
	rows = append(rows, container.NewCenter(caption(say("or try one of these"))))
	for range examples {
		b := w.pushButton("", nil, nil)
		e.try, rows = append(e.try, b), append(rows, container.NewCenter(b))
	}
	e.offer(examples)
	e.ground = canvas.NewRectangle(nil)
	e.ground.CornerRadius = 8
	e.box = container.New(freeLayout{}, container.NewStack(e.ground, container.New(&insetLayout{left: 24, right: 24, top: 16, bottom: 16}, spaced(rows...))))
	return e
}

// offer shows the examples.
func (e *emptyState) offer(prompts []string) {
	for k, prompt := range prompts {
		b := e.try[k]
		b.OnTapped = func() {
			e.w.studio.Set(func(t *app.Settings) { t.Prompt = prompt }) // models are trained on English
			e.w.studio.Generate()
		}
		if label := say(prompt); b.Text != label {
			b.SetText(label)
		}
	}
}

func (e *emptyState) refresh() {
	if ground := theme.Color(theme.ColorNameBackground); e.ground.FillColor != ground {
		e.ground.FillColor = ground
		e.ground.Refresh()
		for _, line := range e.title {
			line.Color = theme.Color(theme.ColorNameForeground)
			line.Refresh()
		}
	}
	s := e.w.studio
	if s.Facts.Name == "" || s.Facts.Verifier { // only the model that ships has one
		e.offer(examples)
	} else {
		e.offer(plainExamples)
	}
	_, guest := s.Guests.Current()
	_, _, live := s.Live()
	busy := guest || live || s.Run().Coming() || s.Asked > 0 || len(s.Queue) > 0 || s.Settings.FollowsScribble(s.Facts) || s.Settings.Paint.Colours() // the canvas is drawn on
	visible(e.box, s.Document.Picture == nil && len(s.Tray.Candidates) == 0 && !busy && s.Noised == nil && (s.Facts.Text || s.Facts.Name == ""))
}

// chip shows the frame's size and what Generate does, below its lower left corner; below the table, what that is for, and
// while comparing, which side is which.
type chip struct {
	w      *Window
	layer  *fyne.Container
	text   *canvas.Text
	ground *canvas.Rectangle
}

func newChip(w *Window) *chip {
	c := &chip{w: w, text: canvas.NewText("", theme.Color(theme.ColorNameForeground)), ground: canvas.NewRectangle(nil)}
	c.text.TextSize = captionSize
	c.ground.CornerRadius = 4
	c.layer = container.NewWithoutLayout(c.ground, c.text)
	return c
}

func (c *chip) refresh() {
	low := func(size fyne.Size) fyne.Position {
		whole := c.w.canvas.Size()
		return fyne.NewPos((whole.Width-size.Width)/2, whole.Height-size.Height-8)
	}
	if c.w.canvas.Scene.Table.Shown() {
		c.show(c.w.tableHint(), low)
		return
	}
	if c.w.canvas.Scene.Divides() {
		c.show(say("Left of the line: before  ·  right: the result"), low)
		return
	}
	within := func(x, y, h float32) func(fyne.Size) fyne.Position { // below a rectangle, and inside the canvas
		return func(size fyne.Size) fyne.Position {
			room := c.w.canvas.Size().Subtract(size)
			return fyne.NewPos(max(min(x, room.Width-4), 4), max(min(y+h+7, room.Height-4), 4))
		}
	}
	if r := c.w.canvas.Crop(); !r.Empty() {
		x, y, _, h := c.w.canvas.CropOnScreen()
		c.show(sayf("%d x %d px  ·  Enter crops, Escape leaves", r.Dx(), r.Dy()), within(x, y, h))
		return
	}
	s := c.w.studio
	f := s.Document.Frame
	mode := say(s.Mode().String())
	if s.Mode() == app.TextToImage && s.Facts.Name != "" && !s.Facts.Text {
		mode = say("from noise")
	}
	x, y, _, h := c.w.canvas.FrameOnScreen()
	c.show(fmt.Sprintf("%d x %d px  ·  %s", f.Dx(), f.Dy(), mode), within(x, y, h))
}

// show shows the text at the position that at returns for its size; unchanged texts are not drawn again.
func (c *chip) show(text string, at func(fyne.Size) fyne.Position) {
	ink, ground := theme.Color(theme.ColorNameForeground), theme.Color(theme.ColorNameOverlayBackground)
	if c.text.Text != text || c.text.Color != ink {
		c.text.Text, c.text.Color = text, ink
		c.text.Resize(c.text.MinSize())
		c.ground.FillColor = ground
		c.ground.Resize(c.text.MinSize().AddWidthHeight(12, 4))
		c.ground.Refresh()
		c.text.Refresh()
	}
	if p := at(c.ground.Size()); p != c.ground.Position() {
		c.ground.Move(p)
		c.text.Move(p.AddXY(6, 2))
	}
}
