package models

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protowire"
)

// Check lists what is wrong with a folder, a line each: the file, and what to
// do. An empty list means that nothing was found.
func Check(dir string) []string {
	f, err := Read(dir)
	if err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for name, data := range map[string][]byte{"model_index.json": f.Index, "scheduler/scheduler_config.json": f.Scheduler} {
		if data != nil {
			if err := validJSON(data); err != nil {
				say("%s is not readable JSON (%v): fetch the file again", name, err)
			}
		}
	}
	for _, p := range f.parts() {
		if p.Config != nil {
			if err := validJSON(p.Config); err != nil {
				say("%s/config.json is not readable JSON (%v): fetch the file again", p.Name, err)
			}
		}
		if err := checkNetwork(p.Path); err != nil {
			say("%s/model.onnx %v: fetch the file again", p.Name, err)
		}
	}
	for _, t := range f.Tokenizers() {
		if missing := tokenizerFiles(t); missing != "" {
			say("%s has no %s: fetch the folder again", filepath.Base(t), missing)
		}
	}
	if f.Draft != nil {
		if name := f.Draft.missing(dir); name != "" {
			say("%s of the draft is not there: fetch the folder again", name)
		}
	}
	return append(wrong, f.checkSums()...)
}

// checkNetwork walks the file's outermost records: a truncated file ends inside one.
func checkNetwork(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot be read (%w)", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return fmt.Errorf("is empty")
	}
	buf := make([]byte, 32)
	for at := int64(0); at < info.Size(); {
		n, _ := file.ReadAt(buf, at)
		num, kind, tag := protowire.ConsumeTag(buf[:n])
		if tag < 0 || num == 0 {
			return fmt.Errorf("is not an ONNX file")
		}
		size := int64(0)
		switch kind {
		case protowire.BytesType:
			length, k := protowire.ConsumeVarint(buf[tag:n])
			if k < 0 {
				return fmt.Errorf("is truncated")
			}
			size = int64(k) + int64(length)
		default:
			k := protowire.ConsumeFieldValue(num, kind, buf[tag:n])
			if k < 0 {
				return fmt.Errorf("is truncated")
			}
			size = int64(k)
		}
		if size < 0 || at+int64(tag)+size > info.Size() {
			return fmt.Errorf("is truncated at %d bytes", info.Size())
		}
		at += int64(tag) + size
	}
	return nil
}

// tokenizerFiles names what a tokenizer folder lacks; "" for nothing.
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

// checkSums holds the files against SHA256SUMS, where the folder has one.
func (f Folder) checkSums() []string {
	list, err := os.ReadFile(filepath.Join(f.Dir, "SHA256SUMS"))
	if err != nil {
		return nil
	}
	var wrong []string
	for _, line := range bytes.Split(list, []byte("\n")) {
		fields := bytes.Fields(line)
		if len(fields) != 2 {
			continue
		}
		name := string(bytes.TrimPrefix(fields[1], []byte("*")))
		if got, err := hashFile(filepath.Join(f.Dir, filepath.FromSlash(name))); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s cannot be read (%v): fetch the file again", name, err))
		} else if got != string(fields[0]) {
			wrong = append(wrong, fmt.Sprintf("%s is not what SHA256SUMS says: fetch the file again", name))
		}
	}
	return wrong
}
