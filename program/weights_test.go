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

// pick writes the tensors of a file whose names begin with one of the prefixes into another; with one prefix, without it.
func pick(from, to string, prefixes ...string) error {
	h, err := safetensors.ReadHeader(from)
	if err != nil {
		return err
	}
	whole, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	table, data := map[string]any{}, []byte{}
	for _, name := range slices.Sorted(maps.Keys(h.Tensors)) {
		i := slices.IndexFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
		if i < 0 {
			continue
		}
		e := h.Tensors[name]
		if len(prefixes) == 1 {
			name = strings.TrimPrefix(name, prefixes[0])
		}
		table[name] = map[string]any{"dtype": e.Type, "shape": e.Shape, "data_offsets": []int{len(data), len(data) + int(e.Length)}}
		data = append(data, whole[e.Offset:e.Offset+e.Length]...)
	}
	if len(table) == 0 {
		return fmt.Errorf("%s has no tensor that begins with %q", from, prefixes)
	}
	head, err := json.Marshal(table)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), data...), 0o644)
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
	h, err := safetensors.ReadHeader(from)
	if err != nil {
		return err
	}
	whole, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	table, data := map[string]any{}, []byte{}
	for _, name := range slices.Sorted(maps.Keys(h.Tensors)) {
		e := h.Tensors[name]
		bytes := whole[e.Offset : e.Offset+e.Length]
		if name == tensor {
			at := 0
			if how == "narrow" {
				at = len(e.Shape) - 1
			}
			if how == "turn" {
				slices.Reverse(e.Shape)
			} else {
				bytes = bytes[:len(bytes)/e.Shape[at]*(e.Shape[at]-1)]
				e.Shape[at]--
			}
		}
		table[name] = map[string]any{"dtype": e.Type, "shape": e.Shape, "data_offsets": []int{len(data), len(data) + len(bytes)}}
		data = append(data, bytes...)
	}
	head, err := json.Marshal(table)
	if err != nil {
		return err
	}
	return os.WriteFile(to, append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), data...), 0o644)
}
