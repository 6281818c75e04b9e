// Package remotetest is a server of the Open Inference Protocol over any of the engine's graphs, for tests: over gRPC
// and HTTP, with faults of real servers and worse ones.
package remotetest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"nirvana/engine"
	"nirvana/engine/remote/inference"
)

// Server serves graphs of float32 and int64 by name.
type Server struct {
	inference.UnimplementedGRPCInferenceServiceServer
	Graphs map[string]engine.Graph
	Token  string // required; "": none
	Plain  bool   // HTTP without the binary extension
	TLS    *tls.Config

	Calls atomic.Int64 // of infer
	Under atomic.Int64 // under way now
	// Stall keeps calls from being answered; Fail returns errors. Twist changes responses.
	Stall, Fail atomic.Bool
	Pause       time.Duration
	Twist       func(name string, t *Output)

	listener net.Listener
	stop     func()
}

// Output is an output as it is sent.
type Output struct {
	Name, Kind string
	Shape      []int64
	Data       []float32
}

// GRPC starts it at an address, "127.0.0.1:0" for any, and returns the address for clients.
func (s *Server) GRPC(t testing.TB, at string) string {
	t.Helper()
	s.listen(t, at)
	options := []grpc.ServerOption{grpc.MaxRecvMsgSize(1 << 30), grpc.MaxSendMsgSize(1 << 30)}
	if s.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(s.TLS)))
	}
	g := grpc.NewServer(options...)
	inference.RegisterGRPCInferenceServiceServer(g, s)
	go g.Serve(s.listener)
	s.stop = g.Stop
	t.Cleanup(s.Stop)
	return s.scheme("grpc") + s.listener.Addr().String()
}

// HTTP does the same over HTTP.
func (s *Server) HTTP(t testing.TB, at string) string {
	t.Helper()
	s.listen(t, at)
	h := &http.Server{Handler: http.HandlerFunc(s.answer), ErrorLog: log.New(io.Discard, "", 0)}
	l := s.listener
	if s.TLS != nil {
		l = tls.NewListener(l, s.TLS)
	}
	go h.Serve(l)
	s.stop = func() { h.Close() }
	t.Cleanup(s.Stop)
	return s.scheme("http") + s.listener.Addr().String()
}

func (s *Server) scheme(plain string) string {
	if s.TLS != nil {
		plain += "s"
	}
	return plain + "://"
}

func (s *Server) listen(t testing.TB, at string) {
	t.Helper()
	var err error
	for range 50 { // an address that was just released
		if s.listener, err = net.Listen("tcp", at); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal(err)
}

// Stop ends it as a crash would: connections break.
func (s *Server) Stop() { s.stop() }

// Address is where it listens.
func (s *Server) Address() string { return s.listener.Addr().String() }

func (s *Server) admitted(ctx context.Context) error {
	md, _ := metadata.FromIncomingContext(ctx)
	if s.Token != "" && strings.Join(md.Get("authorization"), "") != "Bearer "+s.Token {
		return status.Error(codes.Unauthenticated, "no token")
	}
	return nil
}

// ServerReady and the others implement the protocol.
func (s *Server) ServerReady(ctx context.Context, _ *inference.ServerReadyRequest) (*inference.ServerReadyResponse, error) {
	return &inference.ServerReadyResponse{Ready: true}, s.admitted(ctx)
}

func (s *Server) ServerMetadata(context.Context, *inference.ServerMetadataRequest) (*inference.ServerMetadataResponse, error) {
	return &inference.ServerMetadataResponse{Name: "remotetest", Version: "1"}, nil
}

func (s *Server) ModelReady(_ context.Context, q *inference.ModelReadyRequest) (*inference.ModelReadyResponse, error) {
	return &inference.ModelReadyResponse{Ready: s.Graphs[q.Name] != nil}, nil
}

var kinds = map[string]string{"float32": "FP32", "int64": "INT64", "bool": "BOOL", "int32": "INT32"}

func (s *Server) ModelMetadata(_ context.Context, q *inference.ModelMetadataRequest) (*inference.ModelMetadataResponse, error) {
	g := s.Graphs[q.Name]
	if g == nil {
		return nil, status.Error(codes.NotFound, "no such model")
	}
	in, out := g.Ports()
	list := func(ports []engine.Port) (all []*inference.ModelMetadataResponse_TensorMetadata) {
		for _, p := range ports {
			all = append(all, &inference.ModelMetadataResponse_TensorMetadata{Name: p.Name, Datatype: kinds[p.Type], Shape: longs(p.Shape)})
		}
		return all
	}
	return &inference.ModelMetadataResponse{Name: q.Name, Inputs: list(in), Outputs: list(out)}, nil
}

func longs(shape []int) []int64 {
	out := make([]int64, len(shape))
	for i, d := range shape {
		out[i] = int64(d)
	}
	return out
}

func (s *Server) ModelInfer(ctx context.Context, q *inference.ModelInferRequest) (*inference.ModelInferResponse, error) {
	if err := s.admitted(ctx); err != nil {
		return nil, err
	}
	inputs := map[string]engine.Tensor{}
	for i, t := range q.Inputs {
		v, err := read(t.Datatype, t.Shape, q.RawInputContents[i])
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		inputs[t.Name] = v
	}
	out, err := s.run(ctx, q.ModelName, inputs)
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	r := &inference.ModelInferResponse{ModelName: q.ModelName}
	for _, o := range out {
		r.Outputs = append(r.Outputs, &inference.ModelInferResponse_InferOutputTensor{Name: o.Name, Datatype: o.Kind, Shape: o.Shape})
		r.RawOutputContents = append(r.RawOutputContents, raw(o.Data))
	}
	return r, nil
}

// run is one call, with the server's faults.
func (s *Server) run(ctx context.Context, model string, inputs map[string]engine.Tensor) ([]Output, error) {
	s.Calls.Add(1)
	s.Under.Add(1)
	defer s.Under.Add(-1)
	for s.Stall.Load() {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	if s.Fail.Load() {
		return nil, fmt.Errorf("it was told to fail")
	}
	select {
	case <-time.After(s.Pause):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	g := s.Graphs[model]
	if g == nil {
		return nil, fmt.Errorf("no model %s", model)
	}
	made, err := g.Run(ctx, inputs)
	if err != nil {
		return nil, err
	}
	_, ports := g.Ports()
	var out []Output
	for i, p := range ports {
		o := Output{p.Name, "FP32", longs(made[i].Shape), made[i].Data}
		if s.Twist != nil {
			o.Data = append([]float32(nil), o.Data...)
			s.Twist(model, &o)
		}
		out = append(out, o)
	}
	return out, nil
}

// answer implements the protocol over HTTP.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	if s.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.Token {
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/v2")
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/models/"), "/")
	switch {
	case path == "/health/ready":
	case path == "" || path == "/":
		extensions := []string{"binary_tensor_data"}
		if s.Plain {
			extensions = []string{}
		}
		json.NewEncoder(w).Encode(map[string]any{"name": "remotetest", "version": "1", "extensions": extensions})
	case s.Graphs[name] == nil:
		http.Error(w, "no such model", http.StatusNotFound)
	case strings.HasSuffix(path, "/ready"):
	case strings.HasSuffix(path, "/infer"):
		s.inferHTTP(w, r, name)
	default:
		in, out := s.Graphs[name].Ports()
		json.NewEncoder(w).Encode(map[string]any{"name": name, "inputs": listed(in), "outputs": listed(out)})
	}
}

func listed(ports []engine.Port) (out []map[string]any) {
	for _, p := range ports {
		out = append(out, map[string]any{"name": p.Name, "datatype": kinds[p.Type], "shape": longs(p.Shape)})
	}
	return out
}

func (s *Server) inferHTTP(w http.ResponseWriter, r *http.Request, model string) {
	inputs, err := readHTTP(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := s.run(r.Context(), model, inputs)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var list []map[string]any
	var tail []byte
	for _, o := range out {
		t := map[string]any{"name": o.Name, "datatype": o.Kind, "shape": o.Shape}
		if s.Plain {
			t["data"] = o.Data
		} else {
			t["parameters"] = map[string]int{"binary_data_size": 4 * len(o.Data)}
			tail = append(tail, raw(o.Data)...)
		}
		list = append(list, t)
	}
	head, err := json.Marshal(map[string]any{"model_name": model, "outputs": list})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if !s.Plain {
		w.Header().Set("Inference-Header-Content-Length", strconv.Itoa(len(head)))
	}
	w.Write(append(head, tail...))
}
