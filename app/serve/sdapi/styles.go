package sdapi

import (
	"net/http"
	"slices"

	"nirvana/app/serve/wire"
	"nirvana/app/style"
)

// promptStyle is a style as AUTOMATIC1111 lists it.
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

// styles are those of the data folder; files that cannot be read have none.
func (a *API) styles() []style.Style {
	if read := a.queue.Engine().Styles; read != nil {
		return read()
	}
	return nil
}

// styled are the prompts with the styles of these names laid over them. Names of none are passed over, as AUTOMATIC1111
// does; settings that a style comes with are the request's to say.
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
