package ui

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2/lang"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/app/lineage"
	"nirvana/assets"
	"nirvana/engine/fault"
	"nirvana/models/hub"
)

// wrapped are the functions that say their arguments, with which of them.
var wrapped = map[string][]int{"say": {0}, "sayf": {0}, "item": {0}, "number": {0}, "row": {0}, "fold": {0}, "widen": {0}, "of": {0}, "theme": {0}, "add": {1}, "button": {1}, "Fail": {0, 2}, "readBeside": {1}, "writeBeside": {1}, "trying": {1}, "fitting": {0}, "choice": {0, 1}, "advise": {0, 1}}

// shown are those that put a text into the window as it is, with where it stands among their arguments.
var shown = map[string][]int{"NewLabel": {0}, "NewLabelWithStyle": {0}, "NewButton": {0}, "NewButtonWithIcon": {0}, "NewCheck": {0}, "NewText": {0},
	"SetText": {0}, "SetPlaceHolder": {0}, "NewMenuItem": {0}, "NewMenu": {0}, "NewSelect": {0}, "NewInformation": {0, 1}, "NewCustom": {0, 1},
	"NewConfirm": {0, 1}, "pushButton": {0}, "checkBox": {0}, "custom": {0}, "inform": {0, 1}, "caption": {0}, "OpenFile": {0}, "SaveFile": {0}, "OpenFolder": {0}}

// unsaid are texts that are the same in all languages.
var unsaid = []string{"Nirvana", "Nirvana "}

// sources are what is said by another name than a literal, and the words that may stand there.
func sources() map[string][]string {
	var modes, keys, whats, toolNames, groups []string
	for _, m := range []app.Mode{app.TextToImage, app.ImageToImage, app.Inpaint, app.Outpaint} {
		modes = append(modes, m.String())
	}
	for _, k := range plainKeys {
		keys, whats = append(keys, k.key), append(whats, k.what)
	}
	for _, t := range toolKeys {
		toolNames = append(toolNames, t.name)
	}
	for _, column := range helpColumns {
		for _, g := range column {
			groups = append(groups, string(g))
		}
	}
	kinds := []string{pictures.Name, openable.Name, checkpoints.Name, projectFiles.Name, styleFiles.Name}
	var advice []string
	for _, k := range fault.All {
		advice = append(advice, string(k))
	}
	var good []string
	for _, st := range hub.Starters() {
		good = append(good, st.GoodFor)
	}
	var predictionNames []string
	for _, p := range predictions {
		predictionNames = append(predictionNames, p.name)
	}
	var partHeadlines, partAdvice []string
	for _, p := range parts {
		partHeadlines, partAdvice = append(partHeadlines, p.headline), append(partAdvice, p.advice)
	}
	var panelLabels []string
	for _, n := range panelNames {
		panelLabels = append(panelLabels, n[1])
	}
	return map[string][]string{
		"p.name": predictionNames, "c.none": {ownVAE, "None"},
		"name": fault.PartNames(), "OfWidth": nil, "st.GoodFor": good, "p.headline": partHeadlines, "p.advice": partAdvice,
		"n.Format": fault.Notices, "reason": app.WaitReasons, "text": nil, "format": nil, "hint": nil, "title": nil, "label": nil, "tip": slices.Collect(maps.Values(explained)), "explainedPlus": {explainedPlus}, "explainedSeam": {explainedSeam}, "option": nil, "n": nil, "headline": nil, "advice": nil, "action": nil, // parameters
		"k.Name": kinds, "k.key": keys, "k.what": whats, "t.name": toolNames, "k.name": toolNames, "string(g)": groups,
		"prompt": slices.Concat(examples, plainExamples), "t.Content": contents, "contents[0]": contents[:1], "s.Mode().String()": modes, "r.Mode.String()": modes,
		"name[1]": panelLabels, "kind": modelKinds, "ownSampler": {ownSampler}, "ownSchedule": {ownSchedule},
		"v.Err.Error()": app.XRayReasons, "xrayWords": {xrayWords}, "xrayBoth": {xrayBoth}, "xrayDifference": {xrayDifference},
		"showNoise": {showNoise}, "showPicture": {showPicture}, "s.name": nil, // sizes: see takeTable
		"string(kind)": advice, "m.What": app.MarkNames, "d.What": lineage.Names, "p.How": append(slices.Clone(modes), lineage.Hows...),
		"allSaid": slices.Concat(contents, controlSources, modeNames, settingsPages, addressTips),
	}
}

var letters = regexp.MustCompile(`\p{L}`)
var verb = regexp.MustCompile(`%(\[(\d+)\])?([-+#0]*[\d.]*[a-zA-Z%])`)

// wordy says whether a text has something to translate.
func wordy(s string) bool { return letters.MatchString(verb.ReplaceAllString(s, "")) }

// verbs are a format's, by the argument that each takes.
func verbs(format string) map[int]string {
	out, next := map[int]string{}, 1
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[2] != "" {
			next, _ = strconv.Atoi(m[2])
		}
		out[next] += m[3]
		next++
	}
	return out
}

// literals are the strings in an expression that is put together, those that say takes left out.
func literals(e ast.Expr) []string {
	var out []string
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit, *ast.IndexExpr:
			return false
		case *ast.CallExpr:
			return called(n) == "Sprintf"
		case *ast.BasicLit:
			if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && wordy(s) {
				out = append(out, s)
			}
		}
		return true
	})
	return out
}

func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// said collects what the sources say, with where.
func said(t *testing.T) map[string]string {
	t.Helper()
	known := sources()
	out := map[string]string{}
	for _, pattern := range []string{"*.go", "../app/*.go", "../app/compose/*.go", "../app/gallery/*.go", "../app/keep/*.go", "../app/notice/*.go", "../app/queue/*.go", "../app/timeline/*.go", "../app/panel/*.go", "../app/opening/*.go", "../app/generate/*.go", "../app/noise/*.go", "../app/live/*.go", "../app/saving/*.go", "../app/library/*.go", "../program/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					takeCall(t, fset, n, known, out)
				case *ast.CompositeLit:
					takeTable(n, name, out)
				}
				return true
			})
		}
	}
	for from, words := range known {
		for _, word := range words {
			if wordy(word) {
				out[word] = from
			}
		}
	}
	return out
}

func takeCall(t *testing.T, fset *token.FileSet, c *ast.CallExpr, known map[string][]string, out map[string]string) {
	name, at := called(c), fset.Position(c.Pos()).String()
	which := wrapped[name]
	if name == "text" || name == "action" { // a field with its hint, or a button with its tip
		which = []int{len(c.Args) / 3}
	}
	for _, i := range which {
		if i >= len(c.Args) {
			continue
		}
		for _, word := range literals(c.Args[i]) {
			out[word] = at
		}
		_, literal := c.Args[i].(*ast.BasicLit)
		_, list := c.Args[i].(*ast.CompositeLit)
		_, listed := known[types.ExprString(c.Args[i])]
		if name == "say" && !literal && !list && !listed {
			t.Errorf("%s: say(%s): the test does not know what words that may be: add it to sources", at, types.ExprString(c.Args[i]))
		}
	}
	if strings.HasPrefix(at, "..") {
		return
	}
	for _, i := range shown[name] {
		if i < len(c.Args) {
			for _, word := range literals(c.Args[i]) {
				if !slices.Contains(unsaid, word) {
					t.Errorf("%s: %s(%q) is not translated: put it through say", at, name, word)
				}
			}
		}
	}
}

// takeTable takes the words out of the tables inside functions: shortcuts and sizes.
func takeTable(l *ast.CompositeLit, file string, out map[string]string) {
	array, ok := l.Type.(*ast.ArrayType)
	if !ok || filepath.Dir(file) != "." {
		return
	}
	column := -1
	switch of := array.Elt.(type) {
	case *ast.Ident:
		if of.Name == "key" {
			column = 3
		}
	case *ast.StructType:
		if types.ExprString(of) == "struct{name string; w, h float64}" {
			column = 0
		}
	}
	if column < 0 {
		return
	}
	for _, row := range l.Elts {
		for _, word := range literals(row.(*ast.CompositeLit).Elts[column]) {
			out[word] = file
		}
	}
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	words := said(t)
	if len(words) < 250 {
		t.Fatalf("the sources say %d texts only: has say another name?", len(words))
	}
	for _, tag := range assets.Languages() {
		if tag == "en" {
			continue
		}
		var file map[string]string
		if err := json.Unmarshal(assets.Translation(tag), &file); err != nil {
			t.Fatalf("%s: %v", tag, err)
		}
		for word, at := range words {
			switch text, ok := file[word]; {
			case !ok || text == "":
				t.Errorf("%s.json lacks %q, said at %s", tag, word, at)
			case !equalVerbs(word, text):
				t.Errorf("%s.json: %q has other verbs than %q", tag, text, word)
			}
		}
		for word := range file {
			if _, ok := words[word]; !ok {
				t.Errorf("%s.json: nothing says %q", tag, word)
			}
		}
	}
}

func equalVerbs(a, b string) bool {
	x, y := verbs(a), verbs(b)
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return len(x) == len(y)
}

// Fyne speaks one language for good: another must take its place whole, and go whole.
func TestLanguageChanges(t *testing.T) {
	t.Cleanup(func() { speak("") })
	for _, tag := range append(assets.Languages(), "en", "") {
		if err := speak(tag); err != nil {
			t.Fatal(err)
		}
		want := "History"
		if tag != "en" && tag != "" {
			var file map[string]string
			if err := json.Unmarshal(assets.Translation(tag), &file); err != nil {
				t.Fatal(err)
			}
			want = file["History"]
		}
		if tag == "" && !strings.HasPrefix(lang.SystemLocale().String(), "en") {
			continue // the system's own, whichever it is
		}
		if got := say("History"); got != want {
			t.Errorf("%q: History is %q, want %q", tag, got, want)
		}
	}
	if speak("xx") != nil || say("History") != "History" {
		t.Error("a language that is not there is not English")
	}
}

// Names, numbers and other texts without a translation are said as they are, and the log is not filled with them.
func TestNamesAreSaidAsTheyAre(t *testing.T) {
	t.Cleanup(func() { speak("") })
	var told bytes.Buffer
	log.SetOutput(&told)
	defer log.SetOutput(os.Stderr)
	for _, tag := range assets.Languages() {
		if err := speak(tag); err != nil {
			t.Fatal(err)
		}
		for _, name := range append(app.EncoderNames[:], "25", "", "Euler a", "a model of mine") {
			if got := say(name); got != name {
				t.Errorf("%s: %q is said as %q", tag, name, got)
			}
		}
	}
	if told.Len() > 0 {
		t.Errorf("the log: %s", told.String())
	}
}

// Every failure has advice in every language, and in English the error's own words.
func TestAdviceInEveryLanguage(t *testing.T) {
	t.Cleanup(func() { speak("") })
	s, err := app.New(app.Options{Post: fyne.Do, Say: Say})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, tag := range append(assets.Languages(), "en") {
		if err := speak(tag); err != nil {
			t.Fatal(err)
		}
		var file map[string]string
		if err := json.Unmarshal(assets.Translation(tag), &file); err != nil && tag != "en" {
			t.Fatal(err)
		}
		for _, kind := range fault.All {
			want := file[string(kind)]
			if tag == "en" {
				want = "Step 3 broke: do this"
			}
			if got := s.Advice(kind.Errorf("step 3 broke: do this (x)")); got != want || want == "" {
				t.Errorf("%s: %q is advised as %q, want %q", tag, kind, got, want)
			}
		}
		if got := s.Advice(fault.Said("as it is")); got != "as it is" {
			t.Errorf("%s: %q", tag, got)
		}
	}
}
