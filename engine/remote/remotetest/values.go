package remotetest

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"

	"nirvana/engine"
)

// read is an input's tensor.
func read(kind string, shape []int64, data []byte) (engine.Tensor, error) {
	size := map[string]int{"FP32": 4, "INT64": 8, "INT32": 4, "BOOL": 1}[kind]
	t := engine.Tensor{}
	n := 1
	for _, d := range shape {
		t.Shape = append(t.Shape, int(d))
		n *= int(d)
	}
	if size == 0 || len(data) != n*size {
		return t, fmt.Errorf("%d bytes of %s for %v", len(data), kind, shape)
	}
	for i := range n {
		switch at := data[i*size:]; kind {
		case "FP32":
			t.Data = append(t.Data, math.Float32frombits(binary.LittleEndian.Uint32(at)))
		case "INT64":
			t.Data = append(t.Data, float32(int64(binary.LittleEndian.Uint64(at))))
		case "INT32":
			t.Data = append(t.Data, float32(int32(binary.LittleEndian.Uint32(at))))
		case "BOOL":
			t.Data = append(t.Data, float32(at[0]))
		}
	}
	return t, nil
}

func raw(values []float32) (out []byte) {
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

// readHTTP are a call's inputs, in lists or as bytes after the JSON.
func readHTTP(r *http.Request) (map[string]engine.Tensor, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	n := len(body)
	if text := r.Header.Get("Inference-Header-Content-Length"); text != "" {
		if n, err = strconv.Atoi(text); err != nil {
			return nil, err
		}
	}
	var q struct {
		ID     string
		Inputs []struct {
			Name, Datatype string
			Shape          []int64
			Data           []float32
			Parameters     struct {
				Size int `json:"binary_data_size"`
			}
		}
	}
	if err := json.Unmarshal(body[:n], &q); err != nil {
		return nil, err
	}
	if q.ID == "" {
		return nil, errors.New("the request has no id, which KServe fails at")
	}
	out, tail := map[string]engine.Tensor{}, body[n:]
	for _, t := range q.Inputs {
		if t.Shape == nil {
			return nil, fmt.Errorf("input %s has no shape, which MLServer insists on", t.Name)
		}
		v := engine.Tensor{Data: t.Data}
		for _, d := range t.Shape {
			v.Shape = append(v.Shape, int(d))
		}
		if t.Parameters.Size > 0 {
			if v, err = read(t.Datatype, t.Shape, tail[:t.Parameters.Size]); err != nil {
				return nil, err
			}
			tail = tail[t.Parameters.Size:]
		}
		out[t.Name] = v
	}
	return out, nil
}
