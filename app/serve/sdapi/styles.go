package sdapi

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"nirvana/app/serve/wire"
	"nirvana/engine/wholefile"
)

// style is a line of AUTOMATIC1111's styles.csv.
type style struct {
	Name     string `json:"name"`
	Prompt   string `json:"prompt"`
	Negative string `json:"negative_prompt"`
}

func (a *API) promptStyles(*http.Request) (any, error) { return a.styles() }

// styles reads styles.csv; a file that is not there has none.
func (a *API) styles() ([]style, error) {
	out := []style{}
	file := a.queue.Engine().Styles
	if file == "" {
		return out, nil
	}
	data, err := wholefile.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	c.FieldsPerRecord, c.LazyQuotes = -1, true
	lines, err := c.ReadAll()
	if err != nil {
		return nil, err
	}
	for i, l := range lines {
		if i == 0 && len(l) > 1 && l[0] == "name" || len(l) < 2 || l[0] == "" {
			continue
		}
		s := style{Name: l[0], Prompt: l[1]}
		if len(l) > 2 {
			s.Negative = l[2]
		}
		out = append(out, s)
	}
	return out, nil
}

// styled are the prompts with the styles of these names laid over them.
func (a *API) styled(prompt, negative string, names []string) (string, string, error) {
	if len(names) == 0 {
		return prompt, negative, nil
	}
	all, err := a.styles()
	if err != nil {
		return prompt, negative, err
	}
	most := a.queue.Limits().Prompt
	for _, name := range names {
		for _, s := range all {
			if s.Name == name {
				prompt, negative = joined(s.Prompt, prompt), joined(s.Negative, negative)
			}
		}
		if len(prompt)+len(negative) > 2*most { // styles that hold {prompt} several times double it each time
			return prompt, negative, wire.Invalid("styles", "with them the prompt is longer than %d bytes", most)
		}
	}
	return prompt, negative, nil
}

// joined puts a prompt where a style says {prompt}, or before it.
func joined(style, prompt string) string {
	switch {
	case strings.Contains(style, "{prompt}"):
		return strings.ReplaceAll(style, "{prompt}", prompt)
	case style == "":
		return prompt
	case strings.TrimSpace(prompt) == "":
		return style
	}
	return strings.TrimRight(prompt, " ,") + ", " + style
}
