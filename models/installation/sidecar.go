package installation

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/wholefile"
)

// Sidecar is what other programs keep beside a file of weights.
type Sidecar struct {
	Preview string   // a picture's path; "": none
	Words   []string // that call what a LoRA or embedding was trained on
	Weight  float64  // that its owner prefers; 0: not said
}

// mostSidecar is the longest description that is read, bytes.
const mostSidecar = 4 << 20

// previews are the endings of pictures beside NAME.safetensors, the likelier first.
var previews = []string{".preview.png", ".png", ".preview.jpg", ".jpg", ".preview.jpeg", ".jpeg", ".preview.webp", ".webp"}

// Beside reads what lies beside a file: NAME.preview.png and the like; NAME.civitai.info (Civitai Helper), NAME.json
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

// described is what the three programs write, as far as it is of use. Values may have other types than usual.
type described struct {
	Trained   any `json:"trainedWords"`
	Text      any `json:"activation text"`
	Preferred any `json:"preferred weight"`
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
	if w, ok := d.Preferred.(float64); ok && s.Weight == 0 && w >= -10 && w <= 10 {
		s.Weight = w
	}
}

// add puts words to those that are there: a list, or a text of them.
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
