package sdapi

import (
	"net/http"
	"slices"

	"nirvana/app/serve/wire"
	"nirvana/app/style"
)

// promptStyle is a style in AUTOMATIC1111's list.
type promptStyle struct {
	Name     string `json:"name"`
	Prompt   string `json:"prompt"`
	Negative string `json:"negative_prompt"`
}

func (a *API) promptStyles(*http.Request) (any, error) {
	out := []promptStyle{}
	for _, s := range a.styles() {
		out = append(out, promptStyle{s.Name, s.Prompt, s.Negative})
	}
	return out, nil
}

// styles returns those of the data folder; unreadable files are skipped.
func (a *API) styles() []style.Style {
	if read := a.queue.Engine().Styles; read != nil {
		return read()
	}
	return nil
}

// styled applies the styles with these names to the prompts. Unknown names are ignored, as in AUTOMATIC1111; so are a
// style's settings, because the request sets its own.
func (a *API) styled(prompt, negative string, names []string) (string, string, error) {
	if len(names) == 0 {
		return prompt, negative, nil
	}
	all, most := a.styles(), a.queue.Limits().Prompt
	for _, name := range names {
		i := slices.IndexFunc(all, func(s style.Style) bool { return s.Name == name })
		if i < 0 {
			continue
		}
		var err error
		if prompt, negative, err = style.Apply(prompt, negative, all[i:i+1]); err != nil || len(prompt)+len(negative) > 2*most {
			return prompt, negative, wire.Invalid("styles", "with them the prompt is longer than %d bytes", most)
		}
	}
	return prompt, negative, nil
}
