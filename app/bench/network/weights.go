package network

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/x448/float16"

	"nirvana/engine/network/published"
)

// Checkpoint writes one file of pseudo-random weights in half precision with a published model's names and shapes,
// scaled so that the networks' values stay near 1. It contains the tensors with the prefix only.
func Checkpoint(path, model, prefix string) error { return checkpointOf(path, model, prefix, whole) }

// Thin is Checkpoint with zeros nearly everywhere, which take little room on the disk.
func Thin(path, model string) error { return checkpointOf(path, model, "", thin) }

// thin is how many rows and columns of a matrix are no zeros where most are.
const thin = 64

// whole is a side that no matrix exceeds.
const whole = math.MaxInt64

// checkpointOf is Checkpoint with zeros in each matrix but for its first side rows and columns, which take no room on the disk.
func checkpointOf(path, model, prefix string, side int64) error {
	all, err := published.Tensors(model)
	if err != nil {
		return err
	}
	header, at := map[string]any{}, int64(0)
	var kept []published.Tensor
	for _, t := range all {
		if !strings.HasPrefix(t.Name, prefix) {
			continue
		}
		end := at + 2*t.Elements()
		shape := t.Shape
		if shape == nil {
			shape = []int64{}
		}
		header[t.Name] = map[string]any{"dtype": "F16", "shape": shape, "data_offsets": []int64{at, end}}
		kept, at = append(kept, t), end
	}
	head, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(head)%8 != 0 {
		head = append(head, ' ')
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := createSparse(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(head))))
	w.Write(head)
	for i, t := range kept {
		writeHalf(w, t, i*7919%len(noise), side)
	}
	return errors.Join(w.Flush(), file.Close()) // the writer remembers its first error
}

// writeHalf writes a tensor's numbers, starting at a position of the table.
func writeHalf(w io.Writer, t published.Tensor, at int, side int64) {
	factor, plus := scale(t)
	columns := int64(1)
	if len(t.Shape) > 1 {
		columns = t.Elements() / t.Shape[0]
	} else {
		side = whole
	}
	buffer := make([]byte, 0, 2*columns)
	for r := range t.Elements() / columns {
		buffer = buffer[:0]
		for c := range columns {
			v := float16.Float16(0)
			if r < side && c < side {
				v = float16.Fromfloat32(noise[at]*factor + plus)
			}
			buffer = binary.LittleEndian.AppendUint16(buffer, v.Bits())
			if at++; at == len(noise) {
				at = 0
			}
		}
		w.Write(buffer)
	}
}

// scale is a tensor's standard deviation and mean, by its name and shape: matrices keep their input's scale, those at
// the end of a residual branch halve it, norms keep it.
func scale(t published.Tensor) (deviation, mean float32) {
	if len(t.Shape) < 2 {
		if strings.HasSuffix(t.Name, "bias") {
			return 0.02, 0
		}
		return 0, 1
	}
	gain := 1.0
	for _, end := range []string{"out_layers.3.weight", "conv2.weight", "proj_out.weight", "to_out.0.weight", "ff.net.2.weight", "c_proj.weight", "fc2.weight"} {
		if strings.HasSuffix(t.Name, end) {
			gain = 0.5
		}
	}
	return float32(gain / math.Sqrt(float64(t.Elements()/t.Shape[0]))), 0
}
