package onnx

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"nirvana/engine/onnx/graphfile"
)

// packedAt finds the offsets of packed weights in ONNX Runtime 1.30's notes: NAME|OFFSET;LENGTH;FLAGS.
var packedAt = regexp.MustCompile(`\|(\d+);`)

// aligned reports whether all packed weights of the graphs in a folder are at multiples of 64 bytes. ONNX Runtime
// writes them without padding and maps them as they are; its kernels for packed weights assume the alignment and
// crash without it.
func aligned(dir string) bool {
	graphs, err := filepath.Glob(filepath.Join(dir, "*.onnx"))
	if err != nil {
		return false
	}
	for _, path := range graphs {
		f, err := graphfile.Open(path)
		if err != nil {
			return false
		}
		ok := alignedIn(f.Model)
		f.Close()
		if !ok {
			return false
		}
	}
	return true
}

func alignedIn(m *graphfile.Model) bool {
	for _, t := range m.Tensors {
		for key, value := range t.External {
			if !strings.HasPrefix(key, "prepacked") {
				continue
			}
			for _, at := range packedAt.FindAllStringSubmatch(value, -1) {
				if n, err := strconv.ParseInt(at[1], 10, 64); err != nil || n%64 != 0 {
					return false
				}
			}
		}
	}
	return true
}
