package models

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf16"

	"nirvana/models/files"
)

// most is the size of a folder's largest text file, bytes; the largest existing ones, tokenizers, are read elsewhere.
const most = 16 << 20

// readJSON reads a JSON file of the folder, whose name may be in any case.
func readJSON(dir string, names ...string) ([]byte, error) {
	for _, name := range names {
		dir = child(dir, name)
	}
	data, err := files.Read(dir, most)
	return cleanJSON(data), err
}

// listedClass is a class name as custom pipelines of diffusers write it: [module, class].
var listedClass = regexp.MustCompile(`("_class_name"\s*:\s*)\[\s*(?:"[^"\\]*"\s*,\s*)*("[^"\\]*")\s*\]`)

// cleanJSON converts a file to what all readers understand: UTF-8 without a byte order mark, and a class name that is
// not a list.
func cleanJSON(data []byte) []byte {
	if order := byteOrder(data); order != nil {
		units := make([]uint16, len(data)/2-1)
		for i := range units {
			units[i] = order.Uint16(data[2+2*i:])
		}
		data = []byte(string(utf16.Decode(units)))
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	return listedClass.ReplaceAll(data, []byte("$1$2"))
}

// byteOrder is UTF-16's, by its mark; nil for other text.
func byteOrder(data []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return binary.BigEndian
	}
	return nil
}

// validJSON is the error of an invalid JSON file; bare Infinity and NaN, which Python writes, are accepted.
func validJSON(data []byte) error {
	s := string(data)
	for _, bare := range []string{"-Infinity", "Infinity", "NaN"} {
		s = strings.ReplaceAll(s, ": "+bare, ": 0")
	}
	var v any
	return json.Unmarshal([]byte(s), &v)
}
