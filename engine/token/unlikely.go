package token

import (
	"strings"
	"unicode"
)

// westernKinds sorts the letters and signs of Windows-1252 as the heuristic of
// ftfy 6 does (Speer, "badness"). A character can be of several kinds.
var westernKinds = map[rune]string{
	'B': "¦¤¨¬¯¸ƒˆ˜†‡‰ªº\ufffd", // hardly ever meant
	'W': "¶§",                   // law
	'$': "¢£¥€",
	'S': "¡«¿©‘‚“„•‹", // begins something
	'E': "®»”›™",      // ends something
	'N': "²³¹±¼½¾×µ÷", // numbers
	'U': "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑØÜÝŒŠŸŽ",
	'L': "ßàáâãäåæçèéêëìíîïðñœšžü",
	'C': "\u00a0\u00ad·´–—…’",
	'H': "ÂÃÎÐ",                         // begin most misread letters
	'h': "€œŠš¢£Ÿž\u00a0\u00ad®©°·»–—´", // and continue with them, beside S and E
	'T': "ØÙ",                           // begin misread Arabic
	't': "ŸŠ®°µ»",
	'p': "abcdefghijklmnopqrstuvwxyz.,?!",
}

// unlikelyRules are neighbours that hardly occur in correct text: a word for each character, which has to be of one
// of the kinds in it, or after = one of the characters. Besides westernKinds there are a, a small Latin letter; l, a
// small or large one; x, none; w, any word's letter; _, white space.
var unlikelyRules = splitRules(
	"BLUSE$NW B", "B LUSE$NW", "LE$N U", "E$N L", "LE $", "_ U $", "U NW",
	"LU$E S N", "LU$NW E S", "$N S", "a U S$", "LU SE w",
	"=Œœ x", "U =°", "H hSE", "=× =²³", "T C$BNSt T C$BNSt", "l =Þ B", "=à =²µ¹¼½¾",
	"=Ã =\u00a0¡", "a =ÂÃ _", "a _ =ÂÃ _", "pE =Â _SE",
)

func splitRules(rules ...string) (out [][]string) {
	for _, r := range rules {
		out = append(out, strings.Split(r, " "))
	}
	return out
}

// unlikely reports whether text has a control character of U+0080 to U+009F, or neighbours of one of the rules.
func unlikely(text string) bool {
	runes := []rune(text)
	for i, r := range runes {
		if r >= 0x80 && r <= 0x9f {
			return true
		}
		for _, rule := range unlikelyRules {
			if follows(rule, runes[i:]) {
				return true
			}
		}
	}
	return false
}

func follows(rule []string, runes []rune) bool {
	if len(runes) < len(rule) {
		return false
	}
	for i, word := range rule {
		if !ofKind(runes[i], word) {
			return false
		}
	}
	return true
}

func ofKind(r rune, word string) bool {
	if set, ok := strings.CutPrefix(word, "="); ok {
		return strings.ContainsRune(set, r)
	}
	for _, kind := range word {
		switch kind {
		case 'a':
			if r >= 'a' && r <= 'z' {
				return true
			}
		case 'w':
			if unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' {
				return true
			}
		case 'l', 'x':
			if (r < 0x80 && unicode.IsLetter(r)) == (kind == 'l') {
				return true
			}
		case '_':
			if unicode.IsSpace(r) {
				return true
			}
		default:
			if strings.ContainsRune(westernKinds[kind], r) {
				return true
			}
		}
	}
	return false
}
