package recipe

import "maps"

// Infotext is AUTOMATIC1111's text in a picture file, as it is there or, from another program's recipe, as it would
// be; "" if there is none. texts are all that were read, by keyword.
func Infotext(file []byte) (text string, texts map[string]string, err error) {
	if texts, err = fileTexts(file); err != nil {
		return "", nil, err
	}
	texts = maps.Clone(texts)
	if texts[a1111] != "" {
		return texts[a1111], texts, nil
	}
	f, err := readTexts(texts)
	if err != nil {
		return "", texts, nil // no recipe
	}
	return f.Recipe.Parameters(), texts, nil
}

// Settings are the settings in AUTOMATIC1111's text by name, including "Prompt" and "Negative prompt".
func Settings(text string) map[string]string {
	var f Found
	out := map[string]string{}
	for _, s := range f.parameters(text) {
		if _, there := out[s.key]; !there {
			out[s.key] = s.value
		}
	}
	out["Prompt"], out["Negative prompt"] = f.Recipe.Prompt, f.Recipe.Negative
	return out
}
