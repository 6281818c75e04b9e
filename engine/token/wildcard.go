package token

import (
	"strconv"
	"strings"
)

// Draw replaces every {red|green|blue} by one of its options, innermost last; {3::red|green} draws red three times as
// often. intn draws 0 to n-1: the same draws give the same text, so Draw(text, random.NewTorch(seed).Intn) is
// determined by the seed. Braces without a bar are text, and so are \{, \| and \}. A text that is too long or too
// deeply nested for Parse is unchanged.
func Draw(text string, intn func(n int) int) string { return draw(text, intn, false) }

// Drawn is Draw for a text that will be drawn again: \{, \| and \} keep their backslashes, so that Draw leaves it
// unchanged whatever intn returns.
func Drawn(text string, intn func(n int) int) string { return draw(text, intn, true) }

func draw(text string, intn func(n int) int, escaped bool) string {
	if limits(text) != nil {
		return text
	}
	d := drawer{text: text, partner: braces(text), intn: intn, escaped: escaped}
	d.write(0, len(text))
	return d.out.String()
}

type drawer struct {
	text    string
	partner []int // of every opening brace, 0: none
	intn    func(n int) int
	escaped bool // backslashes stay
	out     strings.Builder
}

func braces(text string) []int {
	partner := make([]int, len(text))
	var open []int
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '{':
			open = append(open, i)
		case '}':
			if k := len(open) - 1; k >= 0 {
				partner[open[k]] = i
				open = open[:k]
			}
		}
	}
	return partner
}

func (d *drawer) write(from, to int) {
	for i := from; i < to; i++ {
		switch c := d.text[i]; {
		case c == '\\' && i+1 < to:
			if d.escaped || !strings.ContainsRune("{|}", rune(d.text[i+1])) {
				d.out.WriteByte(c)
			}
			i++
			d.out.WriteByte(d.text[i])
		case c == '{' && d.partner[i] > 0:
			if o := d.options(i+1, d.partner[i]); len(o) > 1 {
				d.pick(o)
				i = d.partner[i]
				continue
			}
			d.out.WriteByte(c)
		default:
			d.out.WriteByte(c)
		}
	}
}

// option is a part of the text and its weight.
type option struct {
	from, to int
	weight   float64
}

func (d *drawer) options(from, to int) []option {
	var out []option
	add := func(end int) {
		o := option{from, end, 1}
		if number, _, ok := strings.Cut(d.text[from:end], "::"); ok {
			if w, err := strconv.ParseFloat(strings.TrimSpace(number), 64); err == nil && w >= 0 && w < 1e6 {
				o.from, o.weight = from+len(number)+2, w
			}
		}
		out = append(out, o)
		from = end + 1
	}
	for i := from; i < to; i++ {
		switch d.text[i] {
		case '\\':
			i++
		case '{':
			if d.partner[i] > 0 {
				i = d.partner[i]
			}
		case '|':
			add(i)
		}
	}
	add(to)
	return out
}

// pick draws by weight; one draw of n where all weights are equal.
func (d *drawer) pick(options []option) {
	const fine = 1 << 20
	sum, even := 0.0, true
	for _, o := range options {
		sum += o.weight
		even = even && o.weight == options[0].weight
	}
	if even || sum == 0 {
		o := options[d.intn(len(options))]
		d.write(o.from, o.to)
		return
	}
	at := float64(d.intn(fine)) / fine * sum
	for i, o := range options {
		if at -= o.weight; at < 0 || i == len(options)-1 {
			d.write(o.from, o.to)
			return
		}
	}
}
