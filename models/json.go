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

// most is how large the text files of a folder may be, bytes; the largest of the field, tokenizers, are not read here.
const most = 16 << 20

// readJSON reads a JSON file of the folder, whose names may be written in any case.
func readJSON(dir string, names ...string) ([]byte, error) {
	for _, name := range names {
		dir = child(dir, name)
	}
	data, err := files.Read(dir, most)
	return cleanJSON(data), err
}

// listedClass is a class name as custom pipelines of diffusers write it: [module, class].
var listedClass = regexp.MustCompile(`("_class_name"\s*:\s*)\[\s*(?:"[^"\\]*"\s*,\s*)*("[^"\\]*")\s*\]`)

// cleanJSON makes of a file what all readers behind understand: UTF-8 without a byte order mark, and a class name that
// is no list.
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

// byteOrder is that of UTF-16 with its mark; nil for other text.
func byteOrder(data []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return binary.BigEndian
	}
	return nil
}

// validJSON says where a JSON file breaks; bare Infinity and NaN, which Python writes, are let through.
func validJSON(data []byte) error {
	s := string(data)
	for _, bare := range []string{"-Infinity", "Infinity", "NaN"} {
		s = strings.ReplaceAll(s, ": "+bare, ": 0")
	}
	var v any
	return json.Unmarshal([]byte(s), &v)
}
