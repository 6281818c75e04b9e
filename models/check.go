package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"nirvana/engine/onnx/graphfile"
	"nirvana/engine/token"
	"nirvana/models/files"
)

// Check lists what is wrong with a folder, a line each: the file, and what to do. An empty list means that no problem
// was found.
func Check(dir string) []string {
	f, err := Read(dir)
	if err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	readable := func(name string, data []byte) {
		if data == nil {
			return
		}
		if err := validJSON(data); err != nil {
			say("%s is not readable JSON (%v): fetch the file again", name, err)
		}
	}
	readable("model_index.json", f.Index)
	readable("scheduler/scheduler_config.json", f.Scheduler)
	for _, p := range f.parts() {
		readable(p.Name+"/config.json", p.Config)
		if p.Weights != nil {
			continue // its headers were read
		}
		for _, what := range checkNetwork(p.Path) {
			say("%s/%s: fetch the file again", p.Name, what)
		}
	}
	for _, t := range f.Text {
		if strings.HasPrefix(t.Tokenizer, BundledTokenizer) {
			continue
		}
		if missing := tokenizerFiles(t.Tokenizer); missing != "" {
			say("%s has no %s: fetch the folder again", filepath.Base(t.Tokenizer), missing)
		} else if err := token.Check(t.Tokenizer, words(t.Config)); err != nil {
			say("%s", strings.ReplaceAll(err.Error(), f.Dir+string(filepath.Separator), ""))
		}
	}
	if f.Draft != nil {
		if name := f.Draft.missing(); name != "" {
			say("%s of the draft is not there: fetch the folder again", name)
		}
	}
	if f.Checkpoint != nil && !isFolder(f.Dir) {
		return wrong
	}
	return append(wrong, f.checkSums()...)
}

// words is how many tokens a text encoder's config.json says that it knows; 0 where it does not.
func words(config []byte) int {
	var c struct {
		Words int `json:"vocab_size"`
	}
	if json.Unmarshal(config, &c) != nil {
		return 0
	}
	return c.Words
}

// checkNetwork lists what is wrong with an ONNX file and its external data, each line with the file's name. A
// truncated file ends inside one of its records.
func checkNetwork(path string) (wrong []string) {
	file, err := graphfile.Open(path)
	name := filepath.Base(path)
	switch {
	case errors.Is(err, graphfile.ErrTruncated):
		info, _ := os.Stat(path)
		return []string{fmt.Sprintf("%s is truncated at %d bytes", name, info.Size())}
	case err != nil:
		return []string{fmt.Sprintf("%s is no network that can be read (%v)", name, err)}
	}
	defer file.Close()
	for _, d := range file.Outside() {
		if d.Err != nil {
			wrong = append(wrong, fmt.Sprintf("%s, external data of %s, cannot be used (%v)", d.Name, name, d.Err))
		}
	}
	return wrong
}

// tokenizerFiles are the names of what a tokenizer folder lacks; "" for nothing.
func tokenizerFiles(dir string) string {
	has := func(name string) bool { _, err := os.Stat(filepath.Join(dir, name)); return err == nil }
	switch {
	case has("tokenizer.json"), has("vocab.txt"), has("spiece.model"):
		return ""
	case has("vocab.json") && has("merges.txt"):
		return ""
	case has("vocab.json"):
		return "merges.txt"
	}
	return "vocab.json"
}

// checkSums verifies the files against SHA256SUMS, where the folder has one.
func (f Folder) checkSums() []string {
	list, err := files.Read(filepath.Join(f.Dir, "SHA256SUMS"), most)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return []string{fmt.Sprintf("SHA256SUMS cannot be read (%v): fetch the folder again", err)}
	}
	var wrong []string
	for line := range strings.Lines(string(list)) {
		sum, name, ok := sumLine(line)
		if !ok {
			continue
		}
		if got, err := f.sum(name); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s cannot be read (%v): fetch the file again", name, err))
		} else if !strings.EqualFold(got, sum) {
			wrong = append(wrong, fmt.Sprintf("%s is not what SHA256SUMS says: fetch the file again", name))
		}
	}
	return wrong
}

// sumLine splits a line of sha256sum: the hash, then a blank and a blank or star, then the name.
func sumLine(line string) (sum, name string, ok bool) {
	sum, name, ok = strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size || !ok {
		return "", "", false
	}
	name = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(name, " "), "*"))
	return sum, name, name != ""
}

// sum is the SHA-256 of a file of the folder.
func (f Folder) sum(name string) (string, error) {
	path, _, err := files.Inside(f.Dir, name)
	if err != nil {
		return "", err
	}
	file, _, err := files.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
