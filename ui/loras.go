package ui

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// loraList is the dialog of the LoRAs that prompts can use: with search, weights and trigger words.
type loraList struct {
	w       *Window
	all     []app.LoRA
	found   []int // indices in all that match the search
	chosen  int   // index in all; -1: none
	list    *list
	search  *entry
	weight  *numberEntry
	words   *check
	says    *widget.Label
	body    *listBody
	preview *canvas.Image
	put     *tipButton
	remove  *tipButton
}

// showLoRAs opens the dialog; the files are searched in the background.
func (w *Window) showLoRAs() {
	if w.options.LoRAs == nil {
		return
	}
	l := &loraList{w: w, chosen: -1, search: w.entry(), says: widget.NewLabel(say("Looking for LoRAs ...")), preview: newPreview()}
	l.says.Wrapping = fyne.TextWrapWord
	l.search.SetPlaceHolder(say("Search"))
	l.search.OnChanged = func(string) { l.filter() }
	l.list = w.list(func() int { return len(l.found) }, nameLine, func(i int, o fyne.CanvasObject) { o.(*widget.Label).SetText(l.label(l.found[i])) })
	l.list.OnSelected = func(i int) { l.choose(l.found[i]) }
	l.weight = w.numberEntry(func(text string) bool {
		_, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
		return err == nil
	})
	l.weight.SetText("1")
	l.words = w.checkBox(say("With its trigger words"), func(bool) {})
	l.words.SetChecked(true)
	l.put = w.tips.action(say("Add to the prompt"), "", l.add)
	l.put.Importance = widget.HighImportance
	l.remove = w.tips.action(say("Remove from prompt"), "", l.takeOut)
	buttons := container.NewHBox(widget.NewLabel(say("Weight")), fixed(64, l.weight), l.words, layout.NewSpacer(), l.remove, l.put)
	l.body = newListBody(l.list, container.NewVBox(l.preview, l.says), 240)
	d := w.custom(say("LoRAs"), container.NewBorder(l.search, buttons, nil, nil, l.body.box))
	w.show(d)
	size := w.win.Canvas().Size()
	d.Resize(fyne.NewSize(min(size.Width-80, 860), min(size.Height-80, 560)))
	l.show()
	l.load()
}

// load searches the files, then reads what is next to them.
func (l *loraList) load() {
	chosen, _ := l.w.studio.Chosen()
	find := l.w.options.LoRAs
	go func() {
		find(chosen.Dir, func(all []app.LoRA) {
			fyne.Do(func() {
				l.all = all
				l.filter()
				l.show()
			})
		})
	}()
}

// label is a LoRA's line: its name, and its weight in the prompt.
func (l *loraList) label(i int) string {
	a := l.all[i]
	if weight, on := loraWeight(l.w.studio.Settings.Prompt, a.Name); on {
		return "✓ " + a.Name + "  ·  " + localPoint(strconv.FormatFloat(weight, 'f', -1, 64))
	}
	return a.Name
}

// filter keeps LoRAs with every word of the search in their name or trigger words.
func (l *loraList) filter() {
	l.found = l.found[:0]
	words := strings.Fields(strings.ToLower(l.search.Text))
	for i, a := range l.all {
		if hasWords(strings.ToLower(a.Name+" "+strings.Join(a.Words, " ")), words) {
			l.found = append(l.found, i)
		}
	}
	l.list.UnselectAll()
	l.list.Refresh()
}

func (l *loraList) choose(i int) {
	l.chosen = i
	a := l.all[i]
	weight, on := loraWeight(l.w.studio.Settings.Prompt, a.Name)
	if !on {
		if weight = a.Weight; weight == 0 {
			weight = 1
		}
	}
	l.weight.SetText(localPoint(strconv.FormatFloat(weight, 'f', -1, 64)))
	l.show()
	l.w.showPreview(l.preview, a.Preview, func() bool { return l.chosen == i })
}

// show updates buttons and texts for the selection.
func (l *loraList) show() {
	l.body.fill(len(l.all) > 0)
	on := false
	switch {
	case l.chosen >= 0 && l.chosen < len(l.all):
		a := l.all[l.chosen]
		_, on = loraWeight(l.w.studio.Settings.Prompt, a.Name)
		text := a.Name
		if len(a.Words) > 0 {
			text += "\n\n" + sayf("Trigger words: %s", strings.Join(a.Words, ", "))
		}
		l.says.SetText(text)
	case l.all != nil && len(l.all) == 0:
		l.says.SetText(say("No LoRAs were found. Put .safetensors files into the folder loras beside the model, or into the folder loras of the data folder."))
	case l.all != nil:
		l.says.SetText(lorasSaid(len(l.all)))
	}
	able(l.put, l.chosen >= 0)
	able(l.remove, on)
	label := say("Add to the prompt")
	if on {
		label = say("Set the weight")
	}
	l.put.SetText(label)
}

func (l *loraList) add() {
	weight, err := strconv.ParseFloat(strings.ReplaceAll(l.weight.Text, ",", "."), 64)
	if l.chosen < 0 || err != nil {
		return
	}
	a := l.all[l.chosen]
	var words []string
	if l.words.Checked {
		words = a.Words
	}
	l.write(withLoRA(l.w.studio.Settings.Prompt, a.Name, weight, words))
}

func (l *loraList) takeOut() {
	if l.chosen >= 0 {
		a := l.all[l.chosen]
		l.write(withoutLoRA(l.w.studio.Settings.Prompt, a.Name, a.Words))
	}
}

// write sets the prompt.
func (l *loraList) write(prompt string) {
	l.w.studio.Set(func(t *app.Settings) { t.Prompt = prompt })
	l.list.Refresh()
	l.show()
}

// lorasSaid is a number of LoRAs in words.
func lorasSaid(n int) string {
	if n == 1 {
		return say("One LoRA")
	}
	return sayf("%d LoRAs", n)
}
