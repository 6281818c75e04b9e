package installation

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/wholefile"
)

// Sidecar is what other programs store next to a file of weights.
type Sidecar struct {
	Preview string   // a picture's path; "": none
	Words   []string // trigger words of a LoRA or embedding
	Weight  float64  // preferred weight; 0: none
}

// mostSidecar is the size of the longest description that is read, bytes.
const mostSidecar = 4 << 20

// previews are the endings of pictures next to NAME.safetensors, the most likely first.
var previews = []string{".preview.png", ".png", ".preview.jpg", ".jpg", ".preview.jpeg", ".jpeg", ".preview.webp", ".webp"}

// Beside reads the files next to a file: NAME.preview.png and the like; NAME.civitai.info (Civitai Helper), NAME.json
// (AUTOMATIC1111's card) and NAME.metadata.json (LoRA Manager).
func Beside(path string) Sidecar {
	base := strings.TrimSuffix(path, filepath.Ext(path))
	var s Sidecar
	for _, ending := range previews {
		if info, err := os.Stat(base + ending); err == nil && info.Mode().IsRegular() {
			s.Preview = base + ending
			break
		}
	}
	for _, ending := range []string{".civitai.info", ".json", ".metadata.json"} {
		s.read(base + ending)
	}
	return s
}

// described is the useful part of what the three programs write. Values may have other types than usual.
type described struct {
	Trained   any `json:"trainedWords"`
	Text      any `json:"activation text"`
	Preferred any `json:"preferred weight"`
	Tips      any `json:"usage_tips"` // of LoRA Manager: JSON in a text
	Civitai   struct {
		Trained any `json:"trainedWords"`
	} `json:"civitai"`
}

func (s *Sidecar) read(path string) {
	data, err := wholefile.ReadMost(path, mostSidecar)
	var d described
	if err != nil || json.Unmarshal(data, &d) != nil {
		return
	}
	for _, words := range []any{d.Trained, d.Civitai.Trained, d.Text} {
		s.add(words)
	}
	s.weigh(d.Preferred)
	if text, ok := d.Tips.(string); ok {
		var tips struct {
			Strength any `json:"strength"`
		}
		if json.Unmarshal([]byte(text), &tips) == nil {
			s.weigh(tips.Strength)
		}
	}
}

// weigh takes a preferred weight, unless there is one.
func (s *Sidecar) weigh(weight any) {
	if w, ok := weight.(float64); ok && s.Weight == 0 && w >= -10 && w <= 10 {
		s.Weight = w
	}
}

// add appends words: a list, or a text of them.
func (s *Sidecar) add(words any) {
	switch v := words.(type) {
	case string:
		for word := range strings.SplitSeq(v, ",") {
			if word = strings.Join(strings.Fields(word), " "); word != "" && !slices.Contains(s.Words, word) {
				s.Words = append(s.Words, word)
			}
		}
	case []any:
		for _, one := range v {
			s.add(one)
		}
	}
}
