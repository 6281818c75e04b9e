package style

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
	"nirvana/engine/wholefile"
)

const (
	mostBytes  = 8 << 20 // of a file
	mostStyles = 20000   // of a folder
)

// In returns the styles in a data folder: those of its styles.csv, then of the files in its folder styles, by name.
// Files that cannot be read are in the error; the others are still returned.
func In(home string) (all []Style, err error) {
	if home == "" {
		return nil, nil
	}
	files := []string{filepath.Join(home, "styles.csv")}
	filepath.WalkDir(filepath.Join(home, "styles"), func(file string, entry fs.DirEntry, err error) error {
		if ext := strings.ToLower(filepath.Ext(file)); err == nil && entry.Type().IsRegular() && (ext == ".csv" || ext == ".json") {
			files = append(files, file)
		}
		return nil
	})
	slices.Sort(files[1:])
	var failed []error
	for _, file := range files {
		one, err := Read(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			failed = append(failed, err)
		}
		if all = append(all, one...); len(all) > mostStyles {
			return all[:mostStyles], errors.Join(append(failed, fmt.Errorf("there are more than %d styles in %s: the rest is left out", mostStyles, home))...)
		}
	}
	return all, errors.Join(failed...)
}

// Read reads one file of styles, of any program: .csv, or JSON of one or of many.
func Read(file string) ([]Style, error) {
	data, err := wholefile.ReadMost(file, mostBytes)
	if err != nil {
		return nil, fmt.Errorf("the styles in %s cannot be read: %w", file, err)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var all []Style
	if strings.EqualFold(filepath.Ext(file), ".csv") {
		all, err = readCSV(data)
	} else {
		all, err = readJSON(data)
	}
	if err == nil && !utf8.Valid(data) {
		err = fault.Settings.Errorf("it is not text in UTF-8")
	}
	if err != nil {
		return nil, fmt.Errorf("the styles in %s cannot be read: %w", file, err)
	}
	for i := range all {
		all[i].File = file
		if all[i].Picture = examplePicture(file, all[i]); all[i].Name == "" {
			all[i].Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		}
	}
	return all, nil
}

// examplePicture returns a style's picture: one with the style's name or, if the file has a single style, the file's name.
func examplePicture(file string, s Style) string {
	for _, name := range []string{s.Name, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))} {
		if name == "" || name != filepath.Base(name) {
			continue
		}
		for _, ext := range []string{".png", ".jpg", ".jpeg", ".webp"} {
			path := filepath.Join(filepath.Dir(file), name+ext)
			if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
				return path
			}
		}
	}
	return ""
}

// readCSV reads AUTOMATIC1111's styles.csv: name, prompt, negative_prompt, in the order of its first line. Lines
// without a prompt are headings.
func readCSV(data []byte) ([]Style, error) {
	c := csv.NewReader(bytes.NewReader(data))
	c.FieldsPerRecord, c.LazyQuotes = -1, true
	lines, err := c.ReadAll()
	if err != nil {
		return nil, fault.Settings.Errorf("it is not a table with commas: %v", err)
	}
	at := map[string]int{"name": 0, "prompt": 1, "negative_prompt": 2}
	if len(lines) > 0 && slices.Contains(lines[0], "name") && slices.Contains(lines[0], "prompt") {
		at = map[string]int{"negative_prompt": -1}
		for i, head := range lines[0] {
			at[strings.TrimSpace(head)] = i
		}
		lines = lines[1:]
	}
	var out []Style
	for _, line := range lines {
		cell := func(name string) string {
			if i := at[name]; i >= 0 && i < len(line) {
				return line[i]
			}
			return ""
		}
		s := Style{Name: strings.TrimSpace(cell("name")), Prompt: cell("prompt"), Negative: cell("negative_prompt")}
		if s.Name != "" && s.Name != "None" && s.Prompt+s.Negative != "" {
			out = append(out, s)
		}
	}
	return out, nil
}

// entry is a style in JSON with every program's field names.
type entry struct {
	Name     string `json:"name"`
	Prompt   string `json:"prompt"`          // Fooocus, SD.Next
	Negative string `json:"negative_prompt"` // Fooocus, Krita
	Unwanted string `json:"negative"`        // SD.Next
	Words    string `json:"style_prompt"`    // Krita
	kritaSettings
}

// readJSON reads one style or many. Comments, which Krita's plug-in allows, are ignored.
func readJSON(data []byte) ([]Style, error) {
	data = uncommented(data)
	var many []entry
	if err := json.Unmarshal(data, &many); err != nil {
		var one entry
		if json.Unmarshal(data, &one) != nil {
			return nil, fault.Settings.Errorf("it is not JSON of styles: %v", err)
		}
		many = []entry{one}
	}
	var out []Style
	for _, e := range many {
		s := Style{Name: strings.TrimSpace(e.Name), Prompt: e.Prompt, Negative: e.Negative + e.Unwanted, Settings: e.settings()}
		if e.Words != "" {
			s.Prompt = e.Words
		}
		if s.Prompt+s.Negative != "" || !s.Settings.None() {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, fault.Settings.Errorf("there are no styles in it")
	}
	return out, nil
}

// uncommented removes comment lines from JSON.
func uncommented(data []byte) []byte {
	if json.Valid(data) {
		return data
	}
	var out [][]byte
	for line := range bytes.Lines(data) {
		if !bytes.HasPrefix(bytes.TrimSpace(line), []byte("//")) {
			out = append(out, line)
		}
	}
	return bytes.Join(out, nil)
}

// Import copies a file of styles into a data folder's styles, where In finds it, and returns its styles.
func Import(home, file string) ([]Style, error) {
	all, err := Read(file)
	if err != nil {
		return nil, err
	}
	data, err := wholefile.ReadMost(file, mostBytes)
	if err != nil {
		return nil, fmt.Errorf("the styles in %s cannot be read: %w", file, err)
	}
	folder := filepath.Join(home, "styles")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("the folder %s cannot be made: %w", folder, err)
	}
	ext := strings.ToLower(filepath.Ext(file))
	if ext != ".csv" {
		ext = ".json"
	}
	base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	to := filepath.Join(folder, base+ext)
	for n := 2; ; n++ {
		if old, err := os.ReadFile(to); errors.Is(err, fs.ErrNotExist) || err == nil && bytes.Equal(old, data) {
			break
		}
		to = filepath.Join(folder, fmt.Sprintf("%s %d%s", base, n, ext))
	}
	return all, pixel.WriteFile(to, data)
}
