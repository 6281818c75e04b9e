package remote

import (
	"encoding/binary"
	"math"

	"nirvana/engine/remote/inference"
)

// typed are the bytes of an output in the list of its type, as MLServer sends them.
func typed(kind string, c *inference.InferTensorContents) (out []byte) {
	le := binary.LittleEndian
	switch kind {
	case "FP32":
		for _, v := range c.GetFp32Contents() {
			out = le.AppendUint32(out, math.Float32bits(v))
		}
	case "FP64":
		for _, v := range c.GetFp64Contents() {
			out = le.AppendUint64(out, math.Float64bits(v))
		}
	case "INT64":
		for _, v := range c.GetInt64Contents() {
			out = le.AppendUint64(out, uint64(v))
		}
	case "INT32":
		for _, v := range c.GetIntContents() {
			out = le.AppendUint32(out, uint32(v))
		}
	case "BOOL":
		for _, v := range c.GetBoolContents() {
			b := byte(0)
			if v {
				b = 1
			}
			out = append(out, b)
		}
	}
	return out
}

// listed are the bytes of an output as JSON numbers.
func listed(kind string, values []float64) (out []byte) {
	le := binary.LittleEndian
	for _, v := range values {
		switch kind {
		case "FP32":
			out = le.AppendUint32(out, math.Float32bits(float32(v)))
		case "FP64":
			out = le.AppendUint64(out, math.Float64bits(v))
		case "INT64":
			out = le.AppendUint64(out, uint64(int64(v)))
		case "INT32":
			out = le.AppendUint32(out, uint32(int32(v)))
		case "BOOL":
			out = append(out, byte(v))
		}
	}
	return out
}
