package graphfile

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// record is one field of a protobuf message.
type record struct {
	number protowire.Number
	kind   protowire.Type
	value  []byte // the content; of a varint or a fixed number its bytes
	whole  []byte // with tag and length
}

func (r record) is(number protowire.Number) bool {
	return r.number == number && r.kind == protowire.BytesType
}

func (r record) int() int64 {
	if r.kind != protowire.VarintType {
		return 0
	}
	v, _ := protowire.ConsumeVarint(r.value)
	return int64(v)
}

func (r record) float() float32 {
	if r.kind != protowire.Fixed32Type {
		return 0
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(r.value))
}

// ints reads repeated integers, packed or one a record.
func (r record) ints(to []int64) ([]int64, error) {
	if r.kind == protowire.VarintType {
		return append(to, r.int()), nil
	}
	if r.kind != protowire.BytesType {
		return to, ErrNotONNX
	}
	for data := r.value; len(data) > 0; {
		v, n := protowire.ConsumeVarint(data)
		if n < 0 {
			return to, ErrTruncated
		}
		to, data = append(to, int64(v)), data[n:]
	}
	return to, nil
}

// walk visits the fields of a message in order.
func walk(data []byte, visit func(record) error) error {
	for len(data) > 0 {
		number, kind, tag := protowire.ConsumeTag(data)
		if tag < 0 || kind == protowire.StartGroupType || kind == protowire.EndGroupType {
			return ErrNotONNX // ONNX has no groups
		}
		r := record{number: number, kind: kind}
		if kind == protowire.BytesType {
			length, n := protowire.ConsumeVarint(data[tag:])
			if n < 0 || length > uint64(len(data)-tag-n) {
				return ErrTruncated
			}
			end := tag + n + int(length)
			r.value, r.whole = data[tag+n:end:end], data[:end:end]
		} else {
			n := protowire.ConsumeFieldValue(number, kind, data[tag:])
			if n < 0 {
				return ErrTruncated
			}
			r.value, r.whole = data[tag:tag+n], data[:tag+n:tag+n]
		}
		if err := visit(r); err != nil {
			return err
		}
		data = data[len(r.whole):]
	}
	return nil
}

func appendString(to []byte, number protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(to, number, protowire.BytesType), s)
}

func appendBytes(to []byte, number protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), b)
}

func appendInt(to []byte, number protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(to, number, protowire.VarintType), uint64(v))
}
