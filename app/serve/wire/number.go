package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
)

// Int is an integer; clients send 20, 20.0 and "20".
type Int int64

// UnmarshalJSON accepts every form of an integer; null leaves the value unchanged.
func (n *Int) UnmarshalJSON(data []byte) error {
	v, ok, err := number(data)
	if err != nil || !ok {
		return err
	}
	if whole, err := strconv.ParseInt(v, 10, 64); err == nil {
		*n = Int(whole)
		return nil
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return wrongKind(v, int(0))
	}
	*n = Int(f)
	return nil
}

// Float is a finite number; clients send it as text too.
type Float float32

// UnmarshalJSON accepts every form of a number; null leaves the value unchanged.
func (n *Float) UnmarshalJSON(data []byte) error {
	v, ok, err := number(data)
	if err != nil || !ok {
		return err
	}
	f, err := strconv.ParseFloat(v, 32)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return wrongKind(v, float32(0))
	}
	*n = Float(f)
	return nil
}

// Bool is a boolean; clients send 0 and 1, too.
type Bool bool

// UnmarshalJSON accepts every form of a boolean; null leaves the value unchanged.
func (b *Bool) UnmarshalJSON(data []byte) error {
	v, ok, err := number(data)
	if err != nil || !ok {
		return err
	}
	truth, err := strconv.ParseBool(v)
	if err != nil {
		return wrongKind(v, false)
	}
	*b = Bool(truth)
	return nil
}

func number(data []byte) (text string, ok bool, err error) {
	switch data = bytes.TrimSpace(data); {
	case string(data) == "null":
		return "", false, nil
	case string(data) == "true":
		return "1", true, nil
	case string(data) == "false":
		return "0", true, nil
	case len(data) > 0 && data[0] == '"':
		err = json.Unmarshal(data, &text)
		return text, true, err
	}
	return string(data), true, nil
}

// wrongKind is an error whose field encoding/json fills in.
func wrongKind(v string, kind any) error {
	if len(v) > 40 {
		v = v[:40]
	}
	return &json.UnmarshalTypeError{Value: strconv.Quote(v), Type: reflect.TypeOf(kind)}
}
