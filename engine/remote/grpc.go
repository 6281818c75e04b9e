package remote

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/remote/inference"
)

// overGRPC is a server over gRPC, with tensors as raw bytes.
type overGRPC struct {
	connection *grpc.ClientConn
	service    inference.GRPCInferenceServiceClient
	token      string
}

func dialGRPC(s Server, u *url.URL, t *tls.Config) (client, error) {
	secrecy := insecure.NewCredentials()
	if t != nil {
		secrecy = credentials.NewTLS(t)
	}
	c, err := grpc.NewClient("passthrough:///"+u.Host, grpc.WithTransportCredentials(secrecy), grpc.WithNoProxy(), grpc.WithDisableServiceConfig(), grpc.WithDisableRetry(),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(mostAnswer), grpc.MaxCallSendMsgSize(mostAnswer)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}))
	if err != nil {
		return nil, fault.Server.Errorf("%s: %w", s.Address, err)
	}
	return &overGRPC{c, inference.NewGRPCInferenceServiceClient(c), s.Token}, nil
}

func (c *overGRPC) with(ctx context.Context) context.Context {
	if c.token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.token)
}

func (c *overGRPC) info(ctx context.Context) (Info, error) {
	ready, err := c.service.ServerReady(c.with(ctx), &inference.ServerReadyRequest{})
	if err != nil {
		return Info{}, spoken(err)
	}
	if !ready.GetReady() {
		return Info{}, fmt.Errorf("it is not ready")
	}
	m, err := c.service.ServerMetadata(c.with(ctx), &inference.ServerMetadataRequest{})
	return Info{short(m.GetName()), short(m.GetVersion())}, spoken(err)
}

func (c *overGRPC) metadata(ctx context.Context, model string) (Metadata, error) {
	ready, err := c.service.ModelReady(c.with(ctx), &inference.ModelReadyRequest{Name: model})
	if err != nil {
		return Metadata{}, spoken(err)
	}
	if !ready.GetReady() {
		return Metadata{}, fmt.Errorf("its model %s is not ready", model)
	}
	m, err := c.service.ModelMetadata(c.with(ctx), &inference.ModelMetadataRequest{Name: model})
	if err != nil {
		return Metadata{}, spoken(err)
	}
	return Metadata{m.GetName(), portsOf(m.GetInputs()), portsOf(m.GetOutputs())}, nil
}

func portsOf(list []*inference.ModelMetadataResponse_TensorMetadata) (out []engine.Port) {
	for _, t := range list {
		out = append(out, engine.Port{Name: t.GetName(), Type: typeOf(t.GetDatatype()), Shape: ints(t.GetShape())})
	}
	return out
}

func ints(list []int64) []int {
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = int(v)
	}
	return out
}

func (c *overGRPC) infer(ctx context.Context, model string, inputs []array, outputs []string, most int) ([]array, error) {
	q := &inference.ModelInferRequest{ModelName: model}
	for _, a := range inputs {
		shape := make([]int64, len(a.shape))
		for i, d := range a.shape {
			shape[i] = int64(d)
		}
		q.Inputs = append(q.Inputs, &inference.ModelInferRequest_InferInputTensor{Name: a.name, Datatype: a.kind, Shape: shape})
		q.RawInputContents = append(q.RawInputContents, a.data)
	}
	for _, name := range outputs {
		q.Outputs = append(q.Outputs, &inference.ModelInferRequest_InferRequestedOutputTensor{Name: name})
	}
	r, err := c.service.ModelInfer(c.with(ctx), q, grpc.MaxCallRecvMsgSize(most))
	if err != nil {
		return nil, spoken(err)
	}
	raw := r.GetRawOutputContents()
	if len(raw) != 0 && len(raw) != len(r.GetOutputs()) {
		return nil, lied("it gave %d outputs and the contents of %d", len(r.GetOutputs()), len(raw))
	}
	var out []array
	for i, o := range r.GetOutputs() {
		a := array{name: o.GetName(), kind: o.GetDatatype(), shape: ints(o.GetShape())}
		if len(raw) > 0 {
			a.data = raw[i]
		} else {
			a.data = typed(a.kind, o.GetContents())
		}
		out = append(out, a)
	}
	return out, nil
}

// spoken is a short form of gRPC's error; an invalid call is not the server's failure.
func spoken(err error) error {
	if err == nil {
		return nil
	}
	s := status.Convert(err)
	switch s.Code() {
	case codes.Unauthenticated, codes.PermissionDenied:
		return lied("it asks for another token (%s)", short(s.Message()))
	case codes.NotFound:
		return lied("it has no such model (%s)", short(s.Message()))
	case codes.ResourceExhausted, codes.Unimplemented:
		return lied("%s", short(s.Message()))
	}
	return fmt.Errorf("%s: %s", s.Code(), short(s.Message()))
}

func (c *overGRPC) close() error { return c.connection.Close() }
