package recipe

import (
	"regexp"
	"strings"
	"unicode"
)

// The operations of ComfyUI's string nodes (comfy_extras/nodes_string.py, Python's slices and cases).

func substring(s string, start, end int) string {
	r := []rune(s)
	place := func(i int) int {
		if i < 0 {
			i += len(r)
		}
		return min(max(i, 0), len(r))
	}
	if a, b := place(start), place(end); a < b {
		return string(r[a:b])
	}
	return ""
}

func trimSide(s, side string) string {
	switch side {
	case "Left":
		return strings.TrimLeftFunc(s, unicode.IsSpace)
	case "Right":
		return strings.TrimRightFunc(s, unicode.IsSpace)
	}
	return strings.TrimSpace(s)
}

func changeCase(s, mode string) string {
	switch mode {
	case "UPPERCASE":
		return strings.ToUpper(s)
	case "lowercase":
		return strings.ToLower(s)
	case "Capitalize":
		if r := []rune(s); len(r) > 0 {
			return strings.ToUpper(string(r[:1])) + strings.ToLower(string(r[1:]))
		}
	case "Title Case":
		inWord := false
		return strings.Map(func(r rune) rune {
			first := !inWord
			if inWord = unicode.IsLetter(r); first {
				return unicode.ToTitle(r)
			}
			return unicode.ToLower(r)
		}, s)
	}
	return s
}

var (
	spaces = regexp.MustCompile(`\s{2,}`)
	commas = regexp.MustCompile(`,{2,}`)
)

// stringFunction is StringFunction of ComfyUI-Custom-Scripts: it appends or replaces, and tidies commas.
func (w *wording) stringFunction(n node) string {
	a, b, c := w.text(place{n.Inputs, "text_a"}), w.text(place{n.Inputs, "text_b"}), w.text(place{n.Inputs, "text_c"})
	tidy := w.word(n, "tidy_tags") != "no"
	var out string
	switch pattern := len(b) > 1 && strings.HasPrefix(b, "/") && strings.HasSuffix(b, "/"); {
	case w.word(n, "action") != "replace":
		var parts []string
		for _, s := range []string{a, b, c} {
			if s != "" {
				parts = append(parts, s)
			}
		}
		between := ""
		if tidy {
			between = ", "
		}
		out = strings.Join(parts, between)
	case pattern:
		w.found.lose("node %s: %s", n.Class, b)
		out = a
	case b == "":
		out = a
	default:
		out = strings.ReplaceAll(a, b, c)
	}
	if tidy {
		out = strings.TrimSpace(commas.ReplaceAllString(strings.ReplaceAll(spaces.ReplaceAllString(out, " "), " ,", ","), ","))
	}
	return w.bounded(out)
}
