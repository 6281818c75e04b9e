//go:build migrated_fynedo

package program

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/models/safetensors"
)

// rewrite writes the tensors of a file into another, as change returns their names and bytes; "": not at all. change may set
// their shape and type.
func rewrite(from, to string, change func(name string, e *safetensors.Entry, data []byte) (string, []byte)) error {
	h, err := safetensors.ReadHeader(from)
	if err != nil {
		return err
	}
	whole, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	table, all := map[string]any{}, []byte{}
	for _, name := range slices.Sorted(maps.Keys(h.Tensors)) {
		e := h.Tensors[name]
		name, data := change(name, &e, whole[e.Offset:e.Offset+e.Length])
		if name == "" {
			continue
		}
		table[name] = map[string]any{"dtype": e.Type, "shape": e.Shape, "data_offsets": []int{len(all), len(all) + len(data)}}
		all = append(all, data...)
	}
	if len(table) == 0 {
		return fmt.Errorf("nothing of %s is left", from)
	}
	head, err := json.Marshal(table)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head, all), 0o644)
}

// pick writes the tensors of a file whose names begin with one of the prefixes into another; with one prefix, without it.
func pick(from, to string, prefixes ...string) error {
	return rewrite(from, to, func(name string, _ *safetensors.Entry, data []byte) (string, []byte) {
		switch {
		case !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }):
			return "", nil
		case len(prefixes) == 1:
			name = strings.TrimPrefix(name, prefixes[0])
		}
		return name, data
	})
}

// retyped is a file of weights whose header says another type of a tensor, padded to the length that it had.
func retyped(data []byte, tensor, kind string) []byte {
	n := binary.LittleEndian.Uint64(data)
	head := data[8 : 8+n]
	at := bytes.Index(head, []byte(`"`+tensor+`"`))
	rest := head[at:]
	from := at + bytes.Index(rest, []byte(`"dtype"`))
	open := from + len(`"dtype"`) + bytes.IndexByte(head[from+len(`"dtype"`):], '"')
	end := open + 1 + bytes.IndexByte(head[open+1:], '"')
	made := slices.Concat(head[:open+1], []byte(kind), head[end:])
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(made)))
	return slices.Concat(out, made, data[8+n:])
}

// reshape writes a file in which a tensor is transposed (how "turn"), or lacks the last of its first ("shorten") or last axis ("narrow").
func reshape(from, to, tensor, how string) error {
	return rewrite(from, to, func(name string, e *safetensors.Entry, data []byte) (string, []byte) {
		if name != tensor {
			return name, data
		}
		if how == "turn" {
			slices.Reverse(e.Shape)
			return name, data
		}
		at := 0
		if how == "narrow" {
			at = len(e.Shape) - 1
		}
		data = data[:len(data)/e.Shape[at]*(e.Shape[at]-1)]
		e.Shape[at]--
		return name, data
	})
}
