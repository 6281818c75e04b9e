package ui

import (
	"context"
	"errors"
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/engine/fault"
)

// Machine is what this machine can compute with. All of it may be slow, and is called in the background.
type Machine interface {
	Look(context.Context) Hardware
	// Fetch brings the libraries of a device, and tells how far it is on the window's goroutine.
	Fetch(ctx context.Context, device string, told func(what string, have, of int64)) error
	// Graphs is how many bytes optimised networks take that are kept, how many they may take, and how many that usually is.
	Graphs() (taken, most, usual int64)
	// LimitGraphs sets how many they may take, ClearGraphs removes them.
	LimitGraphs(most int64) error
	ClearGraphs() error
}

// Hardware is what was found.
type Hardware struct {
	Library string // ONNX Runtime's version and file
	Memory  int64  // of the machine, bytes; 0: not known
	Cards   []Card
	Ways    []Way
	Notes   []fault.Notice // what could not be found out
}

// Card is a graphics card.
type Card struct {
	Name, Driver string
	Memory       int64 // bytes; 0: not known
}

// Way is an execution provider that could be used.
type Way struct {
	Device string // as engine/onnx names it
	Usable bool
	Why    fault.Notice // not, where it is not; else what is to be known
	Fetch  int64        // bytes that Machine.Fetch would bring for it; 0: nothing is to be fetched
}

// devicePage is what models run on: what is set, what is used, what there is, and why not.
func (w *Window) devicePage(c *column) fyne.CanvasObject {
	var threads *number
	threads = c.number("Threads", "", 0, float64(runtime.NumCPU()), 1, 0, func() float64 { return 0 }, func(v float64) {
		w.studio.Set(func(t *app.Settings) { t.Threads = int(v) })
		threads.Set(float64(w.studio.Settings.Threads))
	})
	threads.Set(float64(w.studio.Settings.Threads))
	rows := spaced(c.row("Device", w.deviceSelect(), nil), threads.box, c.under(quiet(say("0 uses all cores."))), c.row("In use", flowing(orDash(w.studio.Device)), nil), line())
	if w.options.Machine == nil {
		return rows
	}
	rows.Add(w.keptGraphs(c))
	rows.Add(line())
	found := spaced(quiet(say("Looking for graphics cards ...")))
	rows.Add(found)
	w.lookForCards = func() {
		w.beside(func() func() {
			h := w.options.Machine.Look(context.Background())
			return func() {
				found.Objects = w.hardware(c, h)
				found.Refresh()
			}
		})
	}
	w.lookForCards()
	return rows
}

func flowing(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Wrapping = fyne.TextWrapWord
	return l
}

func (w *Window) hardware(c *column, h Hardware) (rows []fyne.CanvasObject) {
	rows = append(rows, c.row("Library", flowing(h.Library), nil))
	processor := sayf("%d cores", runtime.NumCPU())
	if h.Memory > 0 {
		processor += "  ·  " + bytesText(h.Memory)
	}
	rows = append(rows, c.row("Processor", flowing(processor), nil))
	for _, card := range h.Cards {
		text := card.Name
		if card.Memory > 0 {
			text += "  ·  " + bytesText(card.Memory)
		}
		if card.Driver != "" {
			text += "  ·  " + sayf("driver %s", card.Driver)
		}
		rows = append(rows, c.row("Graphics card", flowing(text), nil))
	}
	if len(h.Cards) == 0 {
		rows = append(rows, c.row("Graphics card", flowing(say("none was found")), nil))
	}
	for _, n := range h.Notes {
		rows = append(rows, c.under(quiet(n.In(say))))
	}
	for _, way := range h.Ways {
		text := say("can be used")
		if !way.Usable {
			text = say("cannot be used")
		}
		if way.Why.Format != "" {
			text += ": " + way.Why.In(say)
		}
		l := flowing(text)
		if !way.Usable {
			l.Importance = widget.LowImportance
		}
		rows = append(rows, c.row(deviceNames[way.Device], l, nil))
		if f := w.deviceFetches[way.Device]; way.Fetch > 0 || f != nil && f.done && !way.Usable {
			rows = append(rows, c.under(w.runtimeFetch(way)))
		}
	}
	return rows
}

// deviceFetch is how far a device's libraries are; it goes on when the dialog is closed.
type deviceFetch struct {
	cancel   context.CancelFunc // nil: it is not under way
	what     string
	have, of int64
	err      error
	done     bool
	changed  func() // the page that shows it
}

// runtimeFetch is the button that brings a device's libraries, and how far that is.
func (w *Window) runtimeFetch(way Way) fyne.CanvasObject {
	says, bar := quiet(""), newThinBar()
	b := w.pushButton("", icon("import"), func() { w.toggleFetch(way.Device) })
	f := w.deviceFetches[way.Device]
	if f == nil {
		f = &deviceFetch{}
		w.deviceFetches[way.Device] = f
	}
	f.changed = func() {
		visible(bar.box, f.cancel != nil)
		visible(b, !f.done)
		b.SetText(sayf("Fetch %s (%s)", deviceNames[way.Device], bytesText(way.Fetch)))
		switch {
		case f.cancel != nil:
			b.SetText(say("Cancel"))
			says.SetText(sayf("%s: %s of %s", f.what, bytesText(f.have), bytesText(f.of)))
			bar.set(float64(f.have) / float64(max(f.of, 1)))
		case f.done:
			says.SetText(say("All of it is there, and used from the next start on."))
		case f.err != nil:
			says.SetText(say("What has come is kept: fetch again to go on.") + "\n" + f.err.Error())
		}
	}
	f.changed()
	return spaced(container.NewHBox(b), bar.box, says)
}

// toggleFetch begins to fetch, or ends that.
func (w *Window) toggleFetch(device string) {
	f := w.deviceFetches[device]
	if f.cancel != nil {
		f.cancel()
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel, f.err, f.what = cancel, nil, "pip"
	f.changed()
	w.beside(func() func() {
		err := w.options.Machine.Fetch(ctx, device, func(what string, have, of int64) {
			f.what, f.have, f.of = what, have, of
			f.changed()
		})
		cancel()
		return func() {
			f.cancel, f.err, f.done = nil, err, err == nil
			if errors.Is(err, context.Canceled) {
				f.err = nil
			}
			f.changed()
			if f.done {
				w.lookForCards()
			}
		}
	})
}
