package ui

import (
	"regexp"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"nirvana/app"
)

// embeddingList is the dialog of the embeddings (textual inversions) that prompts can use: with search, for the prompt and
// the negative prompt.
type embeddingList struct {
	w                     *Window
	all                   []app.LoRA
	found                 []int // indices in all that match the search
	chosen                int   // index in all; -1: none
	list                  *list
	search                *entry
	says                  *widget.Label
	body                  *listBody
	preview               *canvas.Image
	put, negative, remove *tipButton
}

// showEmbeddings opens the dialog; the files are searched in the background.
func (w *Window) showEmbeddings() {
	if w.options.Embeddings == nil {
		return
	}
	l := &embeddingList{w: w, chosen: -1, search: w.entry(), says: widget.NewLabel(say("Looking for embeddings ...")), preview: newPreview()}
	l.says.Wrapping = fyne.TextWrapWord
	l.search.SetPlaceHolder(say("Search"))
	l.search.OnChanged = func(string) { l.filter() }
	l.search.OnSubmitted = func(string) {
		if len(l.found) > 0 {
			l.list.Select(0)
		}
	}
	l.list = w.list(func() int { return len(l.found) }, nameLine, func(i int, o fyne.CanvasObject) { o.(*widget.Label).SetText(l.label(l.found[i])) })
	l.list.OnSelected = func(i int) { l.choose(l.found[i]) }
	l.put = w.tips.action(say("Add to the prompt"), "", func() { l.write(withEmbedding, true, false) })
	l.put.Importance = widget.HighImportance
	l.negative = w.tips.action(say("Add to the negative prompt"), "", func() { l.write(withEmbedding, false, true) })
	l.remove = w.tips.action(say("Remove from prompt"), "", func() { l.write(withoutEmbedding, true, true) })
	buttons := container.NewHBox(layout.NewSpacer(), l.remove, l.negative, l.put)
	l.body = newListBody(l.list, container.NewVBox(l.preview, l.says), 240)
	d := w.custom(say("Embeddings"), container.NewBorder(l.search, buttons, nil, nil, l.body.box))
	w.embeddings = l
	d.SetOnClosed(func() { w.embeddings = nil })
	w.show(d)
	size := w.win.Canvas().Size()
	d.Resize(fyne.NewSize(min(size.Width-80, 860), min(size.Height-80, 560)))
	w.win.Canvas().Focus(l.search)
	l.show()
	l.load()
}

// load searches the files, then reads what is next to them.
func (l *embeddingList) load() {
	chosen, _ := l.w.studio.Chosen()
	find := l.w.options.Embeddings
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

// label is an embedding's line, marked where a prompt names it.
func (l *embeddingList) label(i int) string {
	if l.on(i) {
		return "✓ " + l.all[i].Name
	}
	return l.all[i].Name
}

// on reports whether the prompt or the negative prompt names an embedding.
func (l *embeddingList) on(i int) bool {
	t, call := l.w.studio.Settings, embeddingCall(l.all[i].Name)
	return call.MatchString(t.Prompt) || call.MatchString(t.Negative)
}

// filter keeps embeddings with every word of the search in their name or trigger words.
func (l *embeddingList) filter() {
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

func (l *embeddingList) choose(i int) {
	l.chosen = i
	l.show()
	l.w.showPreview(l.preview, l.all[i].Preview, func() bool { return l.chosen == i })
}

// show updates buttons and texts for the selection.
func (l *embeddingList) show() {
	l.body.fill(len(l.all) > 0)
	chosen := l.chosen >= 0 && l.chosen < len(l.all)
	switch {
	case chosen:
		text := l.all[l.chosen].Name
		if words := l.all[l.chosen].Words; len(words) > 0 {
			text += "\n\n" + sayf("Trigger words: %s", strings.Join(words, ", "))
		}
		l.says.SetText(text)
	case l.all != nil && len(l.all) == 0:
		l.says.SetText(say("No embeddings were found. Put .safetensors files into the folder embeddings beside the model, or into the folder embeddings of the data folder."))
	case l.all != nil:
		l.says.SetText(sayf("%d embeddings", len(l.all)))
	}
	able(l.put, chosen)
	able(l.negative, chosen)
	able(l.remove, chosen && l.on(l.chosen))
}

// write changes the prompt, the negative one, or both.
func (l *embeddingList) write(change func(prompt, name string) string, prompt, negative bool) {
	if l.chosen < 0 || l.chosen >= len(l.all) {
		return
	}
	name := l.all[l.chosen].Name
	l.w.studio.Set(func(t *app.Settings) {
		if prompt {
			t.Prompt = change(t.Prompt, name)
		}
		if negative {
			t.Negative = change(t.Negative, name)
		}
	})
	l.list.Refresh()
	l.show()
}

// embeddingCall finds the uses of an embedding in a prompt as embedding:name, with the comma and blanks before it.
func embeddingCall(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:\s*,)?\s*\bembedding:` + regexp.QuoteMeta(name) + `(?:\.safetensors)?(\s|[,:()\[\]{}|<>]|$)`)
}

// withEmbedding is the prompt with the embedding named in it, once.
func withEmbedding(prompt, name string) string {
	if embeddingCall(name).MatchString(prompt) {
		return prompt
	}
	prompt = strings.TrimRight(prompt, " ,\n")
	if prompt != "" {
		prompt += ", "
	}
	return prompt + "embedding:" + name
}

// withoutEmbedding is the prompt without the embedding's name.
func withoutEmbedding(prompt, name string) string {
	weighted := regexp.MustCompile(`(?i)(?:\s*,)?\s*\(embedding:` + regexp.QuoteMeta(name) + `(?:\.safetensors)?(?::[^()]*)?\)`)
	prompt = embeddingCall(name).ReplaceAllString(weighted.ReplaceAllLiteralString(prompt, ""), "$1")
	return strings.TrimSpace(strings.TrimLeft(prompt, " ,"))
}
