package token

import (
	"html"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// cleanFull is what diffusers' CLIP tokenizer does to a prompt before BPE: the repairs of ftfy, white space to single
// spaces, lower case. The iota subscript is lost there: its pattern, which folds case, matches it neither as letter
// nor as sign.
func cleanFull(text string) string {
	return strings.ReplaceAll(lower(oneSpaced(repair(text)), true), "\u0345", " ")
}

// cleanFast is the cleaning that CLIP's tokenizer.json declares.
func cleanFast(text string) string {
	return lower(oneSpaced(norm.NFC.String(text)), false)
}

func oneSpaced(text string) string { return strings.Join(strings.Fields(text), " ") }

// repair undoes damage by other programs: HTML entities, text decoded with the wrong table, ligatures, wide forms,
// curly quotes, control characters. It has the rules of ftfy (Speer, 2019), of its mojibake heuristics the common
// ones.
func repair(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	var out strings.Builder
	entities := true
	for line := range strings.SplitAfterSeq(text, "\n") {
		entities = entities && !strings.Contains(line, "<") // looks like HTML: leave its entities
		out.WriteString(repairLine(line, entities))
	}
	return out.String()
}

func repairLine(text string, entities bool) string {
	for range 8 { // a repair can uncover another
		before := text
		if entities {
			text = entity.ReplaceAllStringFunc(text, unescape)
		}
		for was := ""; text != was; { // text can be misread twice
			was, text = text, fixMojibake(text)
		}
		text = strings.Map(fromC1, text)
		text = ligatures.Replace(text)
		text = narrow(text)
		text = strings.Map(straightQuote, text)
		text = lineBreaks.Replace(text)
		text = terminalEscape.ReplaceAllString(text, "")
		text = strings.Map(dropControl, text)
		text = norm.NFC.String(text)
		if text == before {
			break
		}
	}
	return text
}

var (
	entity         = regexp.MustCompile(`&#?[0-9A-Za-z]{1,24};`)
	terminalEscape = regexp.MustCompile("\x1b\\[[\\p{Nd};]*[a-zA-Z]")
	lineBreaks     = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n")
	ligatures      = strings.NewReplacer(
		"Ĳ", "IJ", "ĳ", "ij", "ŉ", "ʼn", "Ǳ", "DZ", "ǲ", "Dz", "ǳ", "dz", "Ǆ", "DŽ", "ǅ", "Dž", "ǆ", "dž",
		"Ǉ", "LJ", "ǈ", "Lj", "ǉ", "lj", "Ǌ", "NJ", "ǋ", "Nj", "ǌ", "nj",
		"ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "ſt", "ﬆ", "st")
)

// unescape returns the characters of an entity; names in capitals count too.
func unescape(e string) string {
	if e == "&semi;" {
		return ";"
	}
	if s := html.UnescapeString(e); !strings.Contains(s, ";") {
		return s
	}
	name := strings.ToLower(e)
	if s := html.UnescapeString(name); name != e && strings.ToUpper(e) == e && !strings.Contains(s, ";") {
		return strings.ToUpper(s)
	}
	return e
}

// fromC1 decodes the control characters U+0080 to U+009F as Windows-1252.
func fromC1(r rune) rune {
	if r < 0x80 || r > 0x9f {
		return r
	}
	if c := charmap.Windows1252.DecodeByte(byte(r)); c != '\ufffd' {
		return c
	}
	return r
}

// narrow converts full-width and half-width forms to the usual ones.
func narrow(text string) string {
	if !strings.ContainsFunc(text, wide) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == 0x3000:
			out.WriteByte(' ')
		case wide(r):
			out.WriteString(norm.NFKC.String(string(r)))
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func wide(r rune) bool { return r == 0x3000 || r >= 0xff01 && r <= 0xffef }

func straightQuote(r rune) rune {
	switch {
	case r == 0x2bc, r >= 0x2018 && r <= 0x201b:
		return '\''
	case r >= 0x201c && r <= 0x201f:
		return '"'
	}
	return r
}

// dropControl drops control characters that mean nothing in text.
func dropControl(r rune) rune {
	switch {
	case r <= 8, r == 0xb, r >= 0xe && r <= 0x1f, r == 0x7f, r >= 0x206a && r <= 0x206f, r == 0xfeff, r >= 0xfff9 && r <= 0xfffc:
		return -1
	}
	return r
}

// lower is the whole of Unicode's lower case: the Turkish capital I with dot
// becomes two characters, and sigma, where final, the one that ends words.
func lower(text string, final bool) string {
	if isASCII(text) {
		return strings.ToLower(text)
	}
	runes := []rune(text)
	var out strings.Builder
	for i, r := range runes {
		switch {
		case r == 'İ':
			out.WriteString("i\u0307")
		case r == 'Σ' && final && endsWord(runes, i):
			out.WriteRune('ς')
		default:
			out.WriteRune(unicode.ToLower(r))
		}
	}
	return out.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// endsWord is Unicode's condition Final_Sigma: a cased letter before, none after.
func endsWord(runes []rune, i int) bool {
	cased := func(step int) bool {
		for j := i + step; j >= 0 && j < len(runes); j += step {
			if r := runes[j]; !caseIgnorable(r) {
				return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Uppercase, unicode.Other_Lowercase)
			}
		}
		return false
	}
	return cased(-1) && !cased(1)
}

func caseIgnorable(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:··՟״‘’․‧", r)
}
