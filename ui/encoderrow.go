package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"nirvana/app"
)

// encoderRows choose the text encoders that the model is opened with, where there are some beside its own.
type encoderRows struct {
	box  *fyne.Container
	rows []*encoderRow // one for each of app.EncoderNames
}

type encoderRow struct {
	box  *fyne.Container
	file *partChoice
}

const ownEncoder = "From the model"

func newEncoderRows(p *panel) *encoderRows {
	e := &encoderRows{box: container.NewVBox()}
	for _, name := range app.EncoderNames {
		r := &encoderRow{}
		r.file = p.w.partChoice(ownEncoder, func(part app.Part) { p.w.studio.SetTextEncoder(name, part.Path) })
		r.box = p.column.row(name, r.file.finder, nil)
		e.rows = append(e.rows, r)
		e.box.Add(r.box)
	}
	return e
}

func (e *encoderRows) show(s *app.Studio) {
	any := false
	for i, name := range app.EncoderNames {
		there := []app.Part{{}}
		for _, p := range s.Parts.TextEncoders {
			if p.Encoder == name {
				there = append(there, p)
			}
		}
		set := s.Settings.TextEncoders[i]
		r, on := e.rows[i], len(there) > 1 || set != ""
		visible(r.box, on)
		r.file.show(there, app.Part{Name: partName(set), Path: set})
		any = any || on
	}
	visible(e.box, any)
}
