package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"nirvana/engine"
)

// overHTTP is a server over HTTP, with tensors as raw bytes after the JSON (the binary tensor data extension) where
// the server supports it, else as lists of numbers.
type overHTTP struct {
	base   string // URL up to /v2
	token  string
	client *http.Client
	mu     sync.Mutex
	asked  bool // whether raw bytes are supported has been asked
	binary bool
}

func dialHTTP(s Server, u *url.URL, t *tls.Config) client {
	base := strings.TrimSuffix(strings.TrimSuffix(u.Scheme+"://"+u.Host+u.Path, "/"), "/v2") + "/v2"
	return &overHTTP{base: base, token: s.Token, client: &http.Client{
		Transport:     &http.Transport{TLSClientConfig: t, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirected }}}
}

var errRedirected = errors.New("it redirects, which is not followed")

// call sends a request and returns the response's body, with the length of its JSON part.
func (c *overHTTP) call(ctx context.Context, method, path string, body []byte, header map[string]string, most int) (answer []byte, jsonLength int, err error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.client.Do(r)
	if errors.Is(err, errRedirected) {
		return nil, 0, lie{errRedirected}
	}
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, int64(most)+1))
	switch {
	case err != nil:
		return nil, 0, err
	case len(answer) > most:
		return nil, 0, lied("its answer is longer than %d kB", most>>10)
	case response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden:
		return nil, 0, lied("it asks for another token (%s)", response.Status)
	case response.StatusCode == http.StatusNotFound:
		return nil, 0, lied("it has no such model or is no such server (%s)", response.Status)
	case response.StatusCode != http.StatusOK:
		return nil, 0, fmt.Errorf("%s: %s", response.Status, short(string(answer[:min(len(answer), 1000)])))
	}
	jsonLength = len(answer)
	if text := response.Header.Get("Inference-Header-Content-Length"); text != "" {
		if jsonLength, err = strconv.Atoi(text); err != nil || jsonLength < 0 || jsonLength > len(answer) {
			return nil, 0, lied("its answer of %d bytes says that %s of them are its head", len(answer), short(text))
		}
	}
	return answer, jsonLength, nil
}

func (c *overHTTP) get(ctx context.Context, path string, v any) error {
	data, _, err := c.call(ctx, http.MethodGet, path, nil, nil, mostHead)
	if err != nil || v == nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return lied("its answer is not the protocol's: %v", err)
	}
	return nil
}

func (c *overHTTP) info(ctx context.Context) (Info, error) {
	if err := c.get(ctx, "/health/ready", nil); err != nil {
		return Info{}, err
	}
	var m struct {
		Name, Version string
		Extensions    []string
	}
	if err := c.get(ctx, "", &m); err != nil {
		return Info{}, err
	}
	c.mu.Lock()
	c.asked, c.binary = true, slices.Contains(m.Extensions, "binary_tensor_data")
	c.mu.Unlock()
	return Info{short(m.Name), short(m.Version)}, nil
}

// port is a tensor in a model's metadata.
type port struct {
	Name     string
	Datatype string
	Shape    []int
}

func (c *overHTTP) metadata(ctx context.Context, model string) (Metadata, error) {
	at := "/models/" + url.PathEscape(model)
	if err := c.get(ctx, at+"/ready", nil); err != nil {
		return Metadata{}, err
	}
	var m struct {
		Name            string
		Inputs, Outputs []port
	}
	if err := c.get(ctx, at, &m); err != nil {
		return Metadata{}, err
	}
	ports := func(list []port) (out []engine.Port) {
		for _, p := range list {
			out = append(out, engine.Port{Name: p.Name, Type: typeOf(p.Datatype), Shape: p.Shape})
		}
		return out
	}
	return Metadata{m.Name, ports(m.Inputs), ports(m.Outputs)}, nil
}

// tensor is a tensor in a request or response.
type tensor struct {
	Name       string          `json:"name"`
	Datatype   string          `json:"datatype"`
	Shape      []int           `json:"shape"` // [] for a single number, which servers insist on
	Parameters map[string]any  `json:"parameters,omitempty"`
	Data       json.RawMessage `json:"data,omitempty"`
}

// asked is an output in a request.
type asked struct {
	Name       string         `json:"name"`
	Parameters map[string]any `json:"parameters,omitempty"`
}

func (c *overHTTP) infer(ctx context.Context, model string, inputs []array, outputs []string, most int) ([]array, error) {
	binary, err := c.takesBytes(ctx)
	if err != nil {
		return nil, err
	}
	var q struct {
		ID      string   `json:"id"` // may be left out, but KServe 0.21 then fails at its own answer
		Inputs  []tensor `json:"inputs"`
		Outputs []asked  `json:"outputs"`
	}
	q.ID = rand.Text()
	var raw []byte
	for _, a := range inputs {
		t := tensor{Name: a.name, Datatype: a.kind, Shape: a.shape}
		if t.Shape == nil {
			t.Shape = []int{}
		}
		if binary {
			t.Parameters = map[string]any{"binary_data_size": len(a.data)}
			raw = append(raw, a.data...)
		} else if t.Data, err = numbers(a); err != nil {
			return nil, err
		}
		q.Inputs = append(q.Inputs, t)
	}
	for _, name := range outputs {
		t := asked{Name: name}
		if binary {
			t.Parameters = map[string]any{"binary_data": true}
		}
		q.Outputs = append(q.Outputs, t)
	}
	head, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	header := map[string]string{"Content-Type": "application/json"}
	if binary {
		header = map[string]string{"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": strconv.Itoa(len(head))}
	}
	answer, n, err := c.call(ctx, http.MethodPost, "/models/"+url.PathEscape(model)+"/infer", append(head, raw...), header, most)
	if err != nil {
		return nil, err
	}
	return answered(answer[:n], answer[n:])
}

// takesBytes asks once whether the server supports the binary extension.
func (c *overHTTP) takesBytes(ctx context.Context) (bool, error) {
	c.mu.Lock()
	asked, binary := c.asked, c.binary
	c.mu.Unlock()
	if asked {
		return binary, nil
	}
	if _, err := c.info(ctx); err != nil {
		return false, err
	}
	return c.takesBytes(ctx)
}

// answered are the outputs of a response, whose raw ones follow its JSON in order.
func answered(head, raw []byte) (out []array, err error) {
	var r struct{ Outputs []tensor }
	if err := json.Unmarshal(head, &r); err != nil {
		return nil, lied("its answer is not the protocol's: %v", err)
	}
	for _, t := range r.Outputs {
		a := array{name: t.Name, kind: t.Datatype, shape: t.Shape}
		if size, ok := t.Parameters["binary_data_size"].(float64); ok {
			if !(size >= 0 && size <= float64(len(raw))) {
				return nil, lied("output %s is said to have %g bytes of %d", short(t.Name), size, len(raw))
			}
			a.data, raw = raw[:int(size)], raw[int(size):]
		} else {
			values, err := flat(t.Data)
			if err != nil {
				return nil, lied("output %s: %v", short(t.Name), err)
			}
			a.data = listed(a.kind, values)
		}
		out = append(out, a)
	}
	return out, nil
}

// flat are the numbers of a list, which may be nested, row-major.
func flat(data json.RawMessage) (out []float64, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	for {
		t, err := d.Token()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch v := t.(type) {
		case float64:
			out = append(out, v)
		case bool:
			out = append(out, map[bool]float64{true: 1}[v])
		case json.Delim:
			if v != '[' && v != ']' {
				return nil, fmt.Errorf("%v in a list of numbers", v)
			}
		default:
			return nil, fmt.Errorf("%v in a list of numbers", short(fmt.Sprint(v)))
		}
	}
}

// numbers is an input as a JSON list.
func numbers(a array) (json.RawMessage, error) {
	t, err := a.unpacked()
	if err != nil {
		return nil, err
	}
	if a.kind == "BOOL" {
		bools := make([]bool, len(t.Data))
		for i, v := range t.Data {
			bools[i] = v != 0
		}
		return json.Marshal(bools)
	}
	return json.Marshal(t.Data)
}

func (c *overHTTP) close() error { c.client.CloseIdleConnections(); return nil }
