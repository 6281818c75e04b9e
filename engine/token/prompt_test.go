package token

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/engine/random"
)

// TestSchedule has the cases of the documentation tests in AUTOMATIC1111's modules/prompt_parser.py: what is shown up to each step of 10.
func TestSchedule(t *testing.T) {
	type until struct {
		step int
		text string
	}
	for text, want := range map[string][]until{
		"test":              {{10, "test"}},
		"a [b:3]":           {{3, "a "}, {10, "a b"}},
		"a [b: 3]":          {{3, "a "}, {10, "a b"}},
		"a [[[b]]:2]":       {{2, "a "}, {10, "a [[b]]"}},
		"[(a:2):3]":         {{3, ""}, {10, "(a:2)"}},
		"a [b : c : 1] d":   {{1, "a b  d"}, {10, "a  c  d"}},
		"a[b:[c:d:2]:1]e":   {{1, "abe"}, {2, "ace"}, {10, "ade"}},
		"a [unbalanced":     {{10, "a [unbalanced"}},
		"a [b:.5] c":        {{5, "a  c"}, {10, "a b c"}},
		"a [{b|d{:.5] c":    {{10, "a [{b|d{:.5] c"}}, // a bar beside a colon: not handled there, and so text
		"((a][:b:c [d:3]":   {{3, "((a][:b:c "}, {10, "((a][:b:c d"}},
		"[a|(b:1.1)]":       {{1, "a"}, {2, "(b:1.1)"}, {3, "a"}, {4, "(b:1.1)"}, {5, "a"}, {6, "(b:1.1)"}, {7, "a"}, {8, "(b:1.1)"}, {9, "a"}, {10, "(b:1.1)"}},
		"[fe|]male":         {{1, "female"}, {2, "male"}, {3, "female"}, {4, "male"}, {5, "female"}},
		"[fe|||]male":       {{1, "female"}, {4, "male"}, {5, "female"}, {8, "male"}, {9, "female"}, {10, "male"}},
		"x [a::4] y":        {{4, "x a y"}, {10, "x  y"}},
		"[a:b:0.25]":        {{2, "a"}, {10, "b"}},
		"[a:b:99]":          {{10, "a"}},
		"[a:b:0]":           {{10, "b"}},
		"[a:b:-1]":          {{10, "b"}},
		"[a:b:c:3]":         {{10, "[a:b:c:3]"}},
		`\[a:b:3\]`:         {{10, `\[a:b:3\]`}},
		"[[a|b]:c:2]":       {{1, "a"}, {2, "b"}, {10, "c"}},
		"([a:b:2]:1.2)":     {{2, "(a:1.2)"}, {10, "(b:1.2)"}},
		"[(a:1.2]cat":       {{10, "[(a:1.2]cat"}},
		"[a):b:3]":          {{10, "[a):b:3]"}},
		"a[b:(c:1.3):4]d":   {{4, "abd"}, {10, "a(c:1.3)d"}},
		`[a\::b:3]`:         {{3, `a\:`}, {10, "b"}},
		"[a:b:1e0]":         {{1, "a"}, {10, "b"}},
		"[[a:b:2]|[c:d:6]]": {{1, "a"}, {2, "c"}, {3, "b"}, {4, "c"}, {5, "b"}, {6, "c"}, {7, "b"}, {8, "d"}, {9, "b"}, {10, "d"}},
		"x [a|b:1.2] y":     {{10, "x [a|b:1.2] y"}},
		"[a|b:0.5]":         {{10, "[a|b:0.5]"}},
		"[a:b|c:3]":         {{10, "[a:b|c:3]"}},
		"[[a|b]:2]":         {{2, ""}, {3, "a"}, {4, "b"}},
		"[[a|b:1.2]|c]":     {{1, "[a|b:1.2]"}, {2, "c"}, {3, "[a|b:1.2]"}},
		"[embedding:x:y:4]": {{4, "embedding:x"}, {10, "y"}},
		"[embedding:x:0.5]": {{5, ""}, {10, "embedding:x"}},
		"[embedding:x|y]":   {{1, "embedding:x"}, {2, "y"}},
		"[(a|b):[c]:2] :)":  {{2, "(a|b) :)"}, {10, "[c] :)"}},
	} {
		parsed := parseNodes(text)
		step := 0
		for _, w := range want {
			for ; step <= w.step; step++ {
				var out strings.Builder
				if parsed.write(&out, step, 10); out.String() != w.text {
					t.Errorf("%q at step %d is %q, want %q", text, step, out.String(), w.text)
				}
			}
		}
	}
}

// TestAttention has the documentation tests of parse_prompt_attention there, and more.
func TestAttention(t *testing.T) {
	for text, want := range map[string][]Weighted{
		"normal text":           {{"normal text", 1, false}},
		"an (important) word":   {{"an ", 1, false}, {"important", 1.1, false}, {" word", 1, false}},
		"(unbalanced":           {{"unbalanced", 1.1, false}},
		`\(literal\]`:           {{"(literal]", 1, false}},
		"(unnecessary)(parens)": {{"unnecessaryparens", 1.1, false}},
		"a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).": {
			{"a ", 1, false}, {"house", 1.573, false}, {" ", 1.1, false}, {"on", 1, false}, {" a ", 1.1, false},
			{"hill", 0.55, false}, {", sun, ", 1.1, false}, {"sky", 1.4641, false}, {".", 1.1, false}},
		"":                    {{"", 1, false}},
		"a) b] c:1.5)":        {{"a) b] c:1.5)", 1, false}},
		"ratio 16:9, c:\\\\d": {{"ratio 16:9, c:\\d", 1, false}},
		"a BREAK b":           {{"a", 1, false}, {"", 1, true}, {"b", 1, false}},
		"(a BREAK b:2)BREAKS": {{"a", 2, false}, {"", 1, true}, {"b", 2, false}, {"BREAKS", 1, false}},
		"(a:-0.5) (b : 1.2 )": {{"a", -0.5, false}, {" ", 1, false}, {"b ", 1.2, false}},
		"(a:1.2.3)":           {{"a:1.2.3)", 1.1, false}},
		`\`:                   {{"", 1, false}},
	} {
		got := attention(text)
		ok := len(got) == len(want)
		for i := 0; ok && i < len(want); i++ {
			ok = got[i].Text == want[i].Text && got[i].Break == want[i].Break && math.Abs(float64(got[i].Weight-want[i].Weight)) < 1e-6
		}
		if !ok {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	p := Parse("a <lora:inky style:0.7>cat AND [a dog|a wolf]:0.5 AND brand BRAND : -1 ")
	if !reflect.DeepEqual(p.Loras, []Lora{{Name: "inky style", Text: 0.7, Net: 0.7}}) || p.Fixed() {
		t.Errorf("%+v", p)
	}
	parts := p.At(2, 10)
	want := []Part{{1, []Weighted{{"a cat ", 1, false}}}, {0.5, []Weighted{{" a wolf", 1, false}}}, {-1, []Weighted{{" brand BRAND", 1, false}}}}
	if !reflect.DeepEqual(parts, want) {
		t.Errorf("%+v, want %+v", parts, want)
	}
	for text, want := range map[string]Lora{
		"<lora:a>":                   {Name: "a", Text: 1, Net: 1},
		"<lora:a:0.5:0.2>":           {Name: "a", Text: 0.5, Net: 0.2},
		"<lyco:a:te=0.5>":            {Name: "a", Text: 0.5, Net: 0.5},
		"<lora:a:unet=0.3:te=-1>":    {Name: "a", Text: -1, Net: 0.3},
		"<lora:a:0.5:unet=2>":        {Name: "a", Text: 0.5, Net: 2},
		"<lora: b :0.5:0.2:4>":       {Name: "b", Text: 0.5, Net: 0.2, Rank: 4},
		"<lora: b :0.5:0.2:1:dyn=8>": {Name: "b", Text: 0.5, Net: 0.2, Rank: 8},
		"<lora:a:1:lbw=0,0.5,1>":     {Name: "a", Text: 1, Net: 1, Blocks: "0,0.5,1"},
		"<lora:a:1:0,0.5,1>":         {Name: "a", Text: 1, Net: 1, Blocks: "0,0.5,1"},
		"<lora:a:0.8:0.6:OUTALL>":    {Name: "a", Text: 0.8, Net: 0.6, Blocks: "OUTALL"},
		"<lora:sub/dir/a:0.5>":       {Name: "sub/dir/a", Text: 0.5, Net: 0.5},
		"<lora:a:1:stop=10:start=2>": {Name: "a", Text: 1, Net: 1, Unknown: "stop=10, start=2"},
		"<lora:a:0,7>":               {Name: "a", Text: 1, Net: 1, Wrong: `in <lora:a:0,7> the weight "0,7" has a comma: write 0.7, with a point`},
		"<lora:a:NaN>":               {Name: "a", Text: 1, Net: 1, Wrong: `in <lora:a:NaN> the weight "NaN" is not a number: write one like 0.7`},
		"<lora:a:strong>":            {Name: "a", Text: 1, Net: 1, Wrong: `in <lora:a:strong> the weight "strong" is not a number: write one like 0.7`},
		"<lora:a:1:dyn=0.5>":         {Name: "a", Text: 1, Net: 1, Wrong: `in <lora:a:1:dyn=0.5> the rank "0.5" is not a whole number of 1 or more`},
	} {
		p := Parse("x" + text)
		if len(p.Loras) != 1 || p.Loras[0] != want || p.At(0, 1)[0].Text[0].Text != "x" || (p.Err() != nil) != (want.Wrong != "") {
			t.Errorf("%s is %+v, %v", text, p, p.Err())
		}
	}
	if p := Parse("<swirly> <b:0.5>, 16:9"); len(p.Loras) != 0 || p.At(0, 1)[0].Weight != 1 || p.At(0, 1)[0].Text[0].Text != "<swirly> <b:0.5>, 16:9" {
		t.Errorf("%+v", p)
	}
	if parts := ParseNegative("mud AND rain:2").At(0, 1); len(parts) != 1 || parts[0].Text[0].Text != "mud AND rain:2" {
		t.Errorf("%+v", parts)
	}
	if parts := (Prompt{}).At(0, 1); len(parts) != 1 || parts[0].Weight != 1 || len(parts[0].Text) != 1 {
		t.Errorf("the zero prompt is %+v", parts)
	}
}

// rows are the ids of chunks; weights says of each token whether its weight is not 1.
func rows(chunks [][]Token) (ids [][]int, weights [][]float32) {
	for _, c := range chunks {
		var i []int
		var w []float32
		for _, t := range c {
			i, w = append(i, t.ID), append(w, t.Weight)
		}
		ids, weights = append(ids, i), append(weights, w)
	}
	return ids, weights
}

// TestPlainChunks: prompts without syntax come out as diffusers pads them, with weights of 1.
func TestPlainChunks(t *testing.T) {
	for _, c := range references(t).Prompts {
		f := open(t, c.Folder)
		if len(f.Encode(c.Text)) > 75 || strings.ContainsAny(c.Text, "()[]") {
			continue
		}
		ids, weights := rows(Chunks(f, Parse(c.Text).At(0, 20)[0].Text, 75))
		length := 75 + 2 - f.Room(2)
		if len(ids) != 1 || !slices.Equal(ids[0], f.Padded(c.Text, length)) {
			t.Errorf("%q is %v", c.Text, ids)
		}
		if slices.ContainsFunc(weights[0], func(w float32) bool { return w != 1 }) {
			t.Errorf("%q has weights %v", c.Text, weights[0])
		}
	}
}

func TestChunks(t *testing.T) {
	f := open(t, "clip")
	f.AddToken("<m>", 4)
	cat, comma := f.Encode("cat")[0], f.Encode(",")[0]
	words := func(n int) string { return strings.Repeat("cat ", n) }
	chunks := func(text string) ([][]int, [][]float32) { return rows(Chunks(f, Parse(text).At(0, 1)[0].Text, 75)) }
	count := func(row []int, id int) (n int) {
		for _, x := range row {
			if x == id {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		name, text string
		cats       []int
	}{
		{"full", words(75), []int{75}},
		{"one more", words(76), []int{75, 1}},
		{"near comma", words(60) + ", " + words(20), []int{60, 20}},
		{"far comma", words(50) + ", " + words(30), []int{74, 6}},
		{"just near enough", words(55) + ", " + words(30), []int{55, 30}},
		{"just too far", words(54) + ", " + words(30), []int{74, 10}},
		{"comma as the 76th", words(75) + ", " + words(3), []int{75, 3}},
		{"break", words(3) + "BREAK " + words(4), []int{3, 4}},
		{"two breaks", words(3) + "BREAK BREAK " + words(4), []int{3, 0, 4}},
		{"inversion at the edge", words(73) + "<m> " + words(1), []int{73, 1}},
		{"nothing", "", []int{0}},
	} {
		ids, _ := chunks(c.text)
		var got []int
		for _, row := range ids {
			got = append(got, count(row, cat))
			if len(row) != 77 || row[0] != f.Start || row[76] != f.End {
				t.Errorf("%s: row %v", c.name, row)
			}
		}
		if !slices.Equal(got, c.cats) {
			t.Errorf("%s: %v cats a row, want %v", c.name, got, c.cats)
		}
	}
	ids, weights := chunks("(cat:1.5), <m> [cat]")
	if want := []int{f.Start, cat, comma, 1000, 1001, 1002, 1003, cat, f.End}; !slices.Equal(ids[0][:9], want) {
		t.Errorf("%v, want %v", ids[0][:9], want)
	}
	if want := []float32{1, 1.5, 1, 1, 1, 1, 1, float32(squareFactor), 1}; !slices.Equal(weights[0][:9], want) {
		t.Errorf("%v, want %v", weights[0][:9], want)
	}
}

func TestDraw(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(300) {
		text := Draw("a {red|{light|dark} green|} {cat}, \\{x|y\\} (b:1.2)", random.NewTorch(seed).Intn)
		if again := Draw("a {red|{light|dark} green|} {cat}, \\{x|y\\} (b:1.2)", random.NewTorch(seed).Intn); again != text {
			t.Fatalf("seed %d gives %q and %q", seed, text, again)
		}
		seen[text]++
	}
	for _, colour := range []string{"red", "light green", "dark green", ""} {
		if n := seen["a "+colour+" {cat}, {x|y} (b:1.2)"]; n < 30 || n > 130 {
			t.Errorf("%q came %d times of 300: %v", colour, n, seen)
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d texts: %v", len(seen), seen)
	}
	rare := 0
	for seed := range uint64(400) {
		if Draw("{0.1::a|0.9:: b}", random.NewTorch(seed).Intn) == "a" {
			rare++
		}
	}
	if rare < 15 || rare > 75 {
		t.Errorf("one in ten came %d times of 400", rare)
	}
	for _, plain := range []string{"", "a cat", "{", "}", "{a", "a|b", "{a}", `\`, `\(a\)`, "}{"} {
		if got := Draw(plain, random.NewTorch(0).Intn); got != plain {
			t.Errorf("%q became %q", plain, got)
		}
	}
}

// slow is far beyond what reading takes in proportion to the length, on a busy machine too, and far below what it takes
// otherwise.
const slow = 20 * time.Second

// A prompt is read in time in proportion to its length, whatever its brackets are like, up to an end that is told.
func TestPromptCost(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine: nothing for the race detector")
	}
	nested := func(depth int) string {
		return strings.Repeat("[a:", depth) + "b" + strings.Repeat(":0.5]", depth)
	}
	if p := Parse(nested(mostDepth)); p.Err() != nil || p.Fixed() || p.At(20, 20)[0].Text[0].Text != "b" {
		t.Errorf("%d levels: %v", mostDepth, p.Err())
	}
	long := mostBytes / 2
	for name, text := range map[string]string{
		"nested too deep":    nested(mostDepth + 1),
		"very deep":          nested(long / 10),
		"round":              strings.Repeat("(", long) + strings.Repeat(")", long),
		"round, then square": strings.Repeat("(", long) + strings.Repeat("]", long),
		"curly":              strings.Repeat("{a|", long/4) + strings.Repeat("}", long/4),
		"too long":           strings.Repeat("a", mostBytes+1),
	} {
		start := time.Now()
		p := Parse(text)
		parts := p.At(1, 20)
		if p.Err() == nil || len(parts) != 1 || parts[0].Text[0].Text != text {
			t.Errorf("%s: %v", name, p.Err())
		}
		if Draw(text, func(int) int { return 0 }) != text {
			t.Errorf("%s: something is drawn", name)
		}
		if took := time.Since(start); took > slow {
			t.Errorf("%s takes %s", name, took)
		}
	}
	for name, text := range map[string]string{
		"closed only":      strings.Repeat("]", mostBytes),
		"side by side":     strings.Repeat("[a:b:0.5]", mostBytes/9),
		"alternatives":     "[" + strings.Repeat("a|", mostBytes/2-10) + "b]",
		"round and square": strings.Repeat("(]", mostDepth) + strings.Repeat("[a|b:1]", mostBytes/8),
		"escapes":          strings.Repeat(`\[`, mostBytes/2),
		"nested, many":     strings.Repeat(nested(90), mostBytes/8/91),
	} {
		start := time.Now()
		p := Parse(text)
		p.At(1, 20)
		if took := time.Since(start); p.Err() != nil || took > slow {
			t.Errorf("%s takes %s, %v", name, took, p.Err())
		}
	}
}

// Whatever stands in a prompt, reading it ends soon, and a text without syntax is what it was.
func FuzzPromptCost(f *testing.F) {
	for _, s := range []string{"a [b:c:0.5] (d:1.2) AND e:0.3 BREAK f", "[a|b:1.2]", "<lora:x:0,7><lora:a:1:lbw=1,0>", "{3::a|b{c|d}}", "[[[[a:b:1]:c:2]:d:3]:e:4]", `\(\[\\`, "embedding:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		for _, p := range []Prompt{Parse(text), ParseNegative(text)} {
			for step := range 3 {
				if len(p.At(step, 3)) == 0 {
					t.Fatalf("%q has no part", text)
				}
			}
		}
		drawn := Drawn(text, func(n int) int { return n - 1 })
		if again := Drawn(drawn, func(int) int { return 0 }); again != drawn {
			t.Fatalf("%q draws %q, and that %q", text, drawn, again)
		}
		if took := time.Since(start); took > slow {
			t.Fatalf("%d bytes take %s", len(text), took)
		}
	})
}
