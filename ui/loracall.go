package ui

import (
	"regexp"
	"strconv"
	"strings"
)

// calls are all tags in a prompt.
var calls = regexp.MustCompile(`<[^<>]*>`)

// loraCall finds a LoRA's tags in a prompt, with weights after its name and the blanks before it.
func loraCall(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?i) *<(?:lora|lyco):\s*` + regexp.QuoteMeta(name) + `\s*(?::([^<>]*))?>`)
}

// loraWeight is the weight of a LoRA's tag in a prompt; false without one.
func loraWeight(prompt, name string) (float64, bool) {
	m := loraCall(name).FindStringSubmatch(prompt)
	if m == nil {
		return 0, false
	}
	first, _, _ := strings.Cut(m[1], ":")
	if v, err := strconv.ParseFloat(strings.TrimSpace(first), 64); err == nil {
		return v, true
	}
	return 1, true
}

// withLoRA is the prompt with a tag of the LoRA, in place of an existing one, and its trigger words where they are
// missing.
func withLoRA(prompt, name string, weight float64, words []string) string {
	call := "<lora:" + name + ":" + strconv.FormatFloat(weight, 'f', -1, 64) + ">"
	found := loraCall(name)
	if at := found.FindStringIndex(prompt); at != nil {
		before := ""
		if strings.HasPrefix(prompt[at[0]:], " ") {
			before = " "
		}
		prompt = prompt[:at[0]] + before + call + found.ReplaceAllLiteralString(prompt[at[1]:], "")
	} else {
		prompt = strings.TrimSpace(prompt + " " + call)
	}
	for _, word := range words { // not the tag's own name
		if !strings.Contains(strings.ToLower(calls.ReplaceAllLiteralString(prompt, " ")), strings.ToLower(word)) {
			prompt += ", " + word
		}
	}
	return prompt
}

// withoutLoRA is the prompt without tags of the LoRA and without its trigger words between commas.
func withoutLoRA(prompt, name string, words []string) string {
	prompt = strings.TrimSpace(loraCall(name).ReplaceAllLiteralString(prompt, ""))
	for _, word := range words {
		prompt = strings.TrimPrefix(regexp.MustCompile(`(?i)(?:^|,)\s*`+regexp.QuoteMeta(word)+`\s*(,|$)`).ReplaceAllString(prompt, "$1"), ",")
	}
	return strings.TrimSpace(prompt)
}
