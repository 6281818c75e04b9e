package ui

import (
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
	"nirvana/app/settings"
	"nirvana/app/style"
)

// styleFiles are those that styles are read from.
var styleFiles = Kind{"Styles", []string{"csv", "json"}}

// styleList is the dialog of the styles that lie over the prompts: searched, put on and taken off, saved and added to.
type styleList struct {
	w       *Window
	all     []style.Style
	found   []int // of all, what the search leaves
	chosen  int   // of all; -1: none
	list    *list
	search  *entry
	name    *entry
	with    *check
	says    *widget.Label
	body    *listBody
	preview *canvas.Image
	put     *tipButton
	drop    *tipButton
	save    *tipButton
	asked   bool // what there is was read
}

// showStyles opens the dialog; what there is, is read in the background.
func (w *Window) showStyles() {
	if w.options.Home != "" {
		w.openStyles()
	}
}

func (w *Window) openStyles() *styleList {
	l := &styleList{w: w, chosen: -1, search: w.entry(), name: w.entry(), says: widget.NewLabel(""), preview: newPreview()}
	l.says.Wrapping = fyne.TextWrapWord
	l.search.SetPlaceHolder(say("Search"))
	l.search.OnChanged = func(string) { l.filter() }
	l.list = w.list(func() int { return len(l.found) }, nameLine, func(i int, o fyne.CanvasObject) { o.(*widget.Label).SetText(l.label(l.all[l.found[i]])) })
	l.list.OnSelected = func(i int) { l.choose(l.found[i]) }
	l.with = w.checkBox(say("With its settings"), func(bool) {})
	l.with.SetChecked(true)
	l.put = w.tips.action(say("Apply to the prompt"), "", l.toggle)
	l.put.Importance = widget.HighImportance
	l.name.SetPlaceHolder(say("Name of a new style"))
	l.name.OnChanged = func(string) { l.show() }
	l.save = w.tips.action(say("Save as a style"), "The prompt, the settings and the picture as they are now", l.keep)
	add := w.tips.action(say("Add a file..."), "Styles of AUTOMATIC1111 (.csv), Fooocus, SD.Next or Krita AI Diffusion (.json)", l.add)
	l.drop = w.tips.button("trash", "Remove this style", l.remove)
	use := container.NewHBox(add, layout.NewSpacer(), l.drop, l.with, l.put)
	own := container.NewBorder(nil, nil, nil, l.save, l.name)
	l.body = newListBody(l.list, container.NewVBox(l.preview, l.says), 280)
	d := w.custom(say("Styles"), container.NewBorder(l.search, container.NewVBox(use, own), nil, nil, l.body.box))
	w.show(d)
	size := w.win.Canvas().Size()
	d.Resize(fyne.NewSize(min(size.Width-80, 900), min(size.Height-80, 600)))
	l.show()
	l.load("")
	return l
}

// load reads what there is, and chooses the style of a name.
func (l *styleList) load(name string) {
	home := l.w.options.Home
	go func() {
		all, err := style.In(home)
		fyne.Do(func() {
			if err != nil {
				l.w.studio.Fail("Some styles cannot be read", err, "", nil)
			}
			l.asked = true
			l.all, l.chosen = all, slices.IndexFunc(all, func(s style.Style) bool { return name != "" && s.Name == name })
			l.filter()
			l.show()
		})
	}()
}

// on reports whether a style lies over the prompts.
func (l *styleList) on(s style.Style) bool {
	return slices.ContainsFunc(l.w.studio.Settings.Styles, func(o style.Style) bool { return o.Name == s.Name })
}

func (l *styleList) label(s style.Style) string {
	if l.on(s) {
		return "✓ " + s.Name
	}
	return s.Name
}

// filter leaves what has every word of the search in its name or its texts.
func (l *styleList) filter() {
	l.found = l.found[:0]
	words := strings.Fields(strings.ToLower(l.search.Text))
	for i, s := range l.all {
		if hasWords(strings.ToLower(s.Name+" "+s.Prompt+" "+s.Negative), words) {
			l.found = append(l.found, i)
		}
	}
	l.list.UnselectAll()
	l.list.Refresh()
}

func (l *styleList) choose(i int) {
	l.chosen = i
	l.show()
	l.w.showPreview(l.preview, l.all[i].Picture, func() bool { return l.chosen == i })
}

// show brings buttons and texts in line with what is chosen.
func (l *styleList) show() {
	l.body.fill(len(l.all) > 0)
	able(l.save, strings.TrimSpace(l.name.Text) != "")
	able(l.put, l.chosen >= 0)
	label := say("Apply to the prompt")
	l.with.Hide() // until a style with settings is chosen
	visible(l.drop, l.chosen >= 0 && l.chosen < len(l.all) && style.Own(l.w.options.Home, l.all[l.chosen]))
	switch {
	case l.chosen >= 0 && l.chosen < len(l.all):
		s := l.all[l.chosen]
		l.says.SetText(describeStyle(s))
		visible(l.with, !s.Settings.None())
		if l.on(s) {
			label = say("Remove from the prompt")
		}
	case l.asked && len(l.all) == 0:
		l.says.SetText(say("No styles yet. Save the present prompt as one, add a file, or put files into the folder styles of the data folder."))
	case len(l.all) > 1:
		l.says.SetText(sayf("%d styles", len(l.all)))
	default:
		l.says.SetText("")
	}
	l.put.SetText(label)
}

// describeStyle is what a style does, in lines.
func describeStyle(s style.Style) string {
	parts := []string{s.Name}
	if s.Prompt != "" {
		parts = append(parts, say("Prompt")+": "+s.Prompt)
	}
	if s.Negative != "" {
		parts = append(parts, say("Negative prompt")+": "+s.Negative)
	}
	v := s.Settings
	var with []string
	if v.Sampler != "" {
		with = append(with, strings.TrimSpace(v.Sampler+" "+v.Schedule))
	}
	if v.Steps > 0 {
		with = append(with, say("Steps")+" "+strconv.Itoa(v.Steps))
	}
	if v.Guidance > 0 {
		with = append(with, say("Guidance")+" "+localPoint(strconv.FormatFloat(float64(v.Guidance), 'g', -1, 32)))
	}
	if v.ClipSkip > 0 {
		with = append(with, say("Clip skip")+" "+strconv.Itoa(v.ClipSkip))
	}
	for _, a := range v.LoRAs {
		with = append(with, "LoRA "+a.Name)
	}
	if len(with) > 0 {
		parts = append(parts, strings.Join(with, ", "))
	}
	return strings.Join(parts, "\n\n")
}

// toggle lays the chosen style over the prompts, last, or takes it off.
func (l *styleList) toggle() {
	if l.chosen < 0 {
		return
	}
	s, on, with := l.all[l.chosen], l.on(l.all[l.chosen]), l.with.Checked
	l.w.studio.Set(func(t *app.Settings) { t.ToggleStyle(s, !on, with) })
	l.list.Refresh()
	l.show()
}

// keep writes what is set now as a style, with the picture that is shown.
func (l *styleList) keep() {
	s, home := l.w.studio.Settings.AsStyle(l.name.Text), l.w.options.Home
	picture, _ := l.w.studio.Shown()
	go func() {
		_, err := style.Save(home, s, picture)
		fyne.Do(func() {
			if err != nil {
				l.w.studio.Fail("The style was not saved", err, "", nil)
				return
			}
			l.name.SetText("")
			l.load(s.Name)
		})
	}()
}

// remove deletes the chosen style; a notice brings it back.
func (l *styleList) remove() {
	w, s := l.w, l.all[l.chosen]
	w.readBeside(func() (func(), error) {
		back, err := style.Remove(w.options.Home, s)
		return func() {
			l.preview.Hide()
			l.load("")
			w.studio.Tell(&app.Notice{Headline: sayf("The style %s was removed", s.Name), Action: say("Bring it back"), Do: func() {
				w.studio.Dismiss()
				w.writeBeside(back, "The style was not brought back")
			}})
		}, err
	}, "The style was not removed")
}

// add takes another program's file into the data folder.
func (l *styleList) add() {
	l.w.ask(func(folder string) (string, error) {
		return l.w.options.Dialogs.OpenFile(say("Choose a file of styles"), folder, styleFiles.said())
	}, func(path string) {
		home := l.w.options.Home
		go func() {
			some, err := style.Import(home, path)
			fyne.Do(func() {
				if err != nil {
					l.w.studio.Fail("The styles cannot be read", err, "", nil)
					return
				}
				l.load(some[0].Name)
			})
		}()
	})
}

// stylesLabel is the button's text over the prompt: how many styles lie over it.
func stylesLabel(t settings.Settings) string {
	if n := len(t.Styles); n > 0 {
		return sayf("Styles: %d", n)
	}
	return say("Styles")
}
