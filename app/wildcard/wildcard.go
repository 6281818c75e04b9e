// Package wildcard replaces wildcards in prompts by the lines of files: __colour__ is one line of colour.txt in the
// folder of wildcards, as in AUTOMATIC1111's extensions and dynamicprompts. Start with Expand.
//
// A file's lines are its options, except empty ones and those that begin with #; a line may contain wildcards itself,
// and dynamicprompts' {a|b} and weights, 2::red. Names have folders, __animals/birds__, and patterns, __animals/*__.
package wildcard

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
)

const (
	mostOptions = 48       // of a file that a prompt can use; from longer files the seed selects these
	mostLetters = 4 << 10  // of a file's options together, bytes
	mostDepth   = 8        // of files that refer to files
	mostBytes   = 16 << 20 // of a file
)

var name = regexp.MustCompile(`__([^\s_<>{}|](?:[^<>{}|\n]*?[^\s<>{}|])?)__`)

// Expand replaces every __name__ by {line|line|line}, from which the run's seed chooses as from any {a|b}. Without a
// folder of wildcards, and inside <lora:...>, the text is unchanged. A name without a file is an error.
func Expand(text, folder string, seed uint64) (string, error) {
	if st, err := os.Stat(folder); err != nil || !st.IsDir() || !strings.Contains(text, "__") {
		return text, nil
	}
	e := expander{folder: folder, random: rand.New(rand.NewPCG(seed, 20))}
	out := e.expand(text, nil)
	return out, e.err
}

// Into expands the wildcards in a request's prompts, with its seed.
func Into(q *engine.Request, folder string) (err error) {
	if q.Prompt, err = Expand(q.Prompt, folder, q.Seed); err == nil {
		q.Negative, err = Expand(q.Negative, folder, q.Seed+1)
	}
	q.Regions = slices.Clone(q.Regions)
	for i := range q.Regions {
		if err == nil {
			q.Regions[i].Prompt, err = Expand(q.Regions[i].Prompt, folder, q.Seed+2+uint64(i))
		}
	}
	return err
}

type expander struct {
	folder string
	random *rand.Rand
	err    error
}

func (e *expander) expand(text string, within []string) string {
	var out strings.Builder
	for {
		at := name.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		before, word := text[:at[0]], text[at[2]:at[3]]
		out.WriteString(before)
		switch {
		case strings.Count(before, "<") > strings.Count(before, ">"): // a LoRA's name
			out.WriteString(text[at[0]:at[1]])
		case slices.Contains(within, word) || len(within) >= mostDepth:
			e.fail("the wildcard %s names itself", word)
		default:
			out.WriteString(e.options(word, append(slices.Clone(within), word)))
		}
		text = text[at[1]:]
	}
	return out.String() + text
}

func (e *expander) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fault.Prompt.Errorf(format, args...)
	}
}

// options returns the lines that a name stands for.
func (e *expander) options(word string, within []string) string {
	lines := e.lines(word)
	if len(lines) == 0 {
		return ""
	}
	e.random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	var chosen []string
	size := 0
	for _, l := range lines {
		l = e.expand(l, within)
		if len(chosen) == mostOptions || len(chosen) > 0 && size+len(l) > mostLetters {
			break
		}
		chosen, size = append(chosen, l), size+len(l)
	}
	if len(chosen) == 1 {
		return plain(chosen[0])
	}
	return "{" + strings.Join(chosen, "|") + "}"
}

var weight = regexp.MustCompile(`^\s*[0-9]*\.?[0-9]+::`)

// plain returns a single option without its weight, which has no meaning then.
func plain(line string) string { return weight.ReplaceAllString(line, "") }

// lines returns those of a file, or of all files that match a pattern.
func (e *expander) lines(word string) (out []string) {
	files := e.files(strings.ReplaceAll(word, `\`, "/"))
	if len(files) == 0 && e.err == nil {
		e.fail("there is no wildcard file %s.txt in %s", word, e.folder)
	}
	for _, f := range files {
		data, err := wholefile.Read(f)
		if err != nil {
			e.fail("the wildcard file %s cannot be read: %w", f, err)
			continue
		}
		if len(data) > mostBytes {
			e.fail("the wildcard file %s is larger than %d MB", f, mostBytes>>20)
			continue
		}
		for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				out = append(out, barred(line))
			}
		}
	}
	return out
}

// barred escapes a line so that it is one option: a bar outside of braces would split it.
func barred(line string) string {
	depth := 0
	var out strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line):
			out.WriteByte(c)
			i++
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == '|' && depth <= 0:
			out.WriteByte('\\')
		}
		out.WriteByte(line[i])
	}
	if depth != 0 { // unbalanced braces
		return strings.NewReplacer("{", `\{`, "}", `\}`).Replace(line)
	}
	return out.String()
}

// files returns those of a name, which must stay within the folder.
func (e *expander) files(word string) (out []string) {
	if !filepath.IsLocal(filepath.FromSlash(word)) {
		e.fail("the wildcard %s is none: name a file in %s", word, e.folder)
		return nil
	}
	if !strings.ContainsAny(word, "*?[") {
		file := filepath.Join(e.folder, filepath.FromSlash(word)+".txt")
		if st, err := os.Stat(file); err == nil && st.Mode().IsRegular() {
			return []string{file}
		}
	}
	filepath.WalkDir(e.folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || filepath.Ext(file) != ".txt" {
			return nil
		}
		own, err := filepath.Rel(e.folder, strings.TrimSuffix(file, ".txt"))
		if fits, bad := path.Match(word, filepath.ToSlash(own)); err == nil && bad == nil && (fits || strings.EqualFold(word, filepath.ToSlash(own))) {
			out = append(out, file)
		}
		return nil
	})
	return out
}
