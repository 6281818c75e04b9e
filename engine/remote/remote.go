// Package remote runs networks on servers of the Open Inference Protocol, version 2 (Triton, KServe, MLServer,
// OpenVINO Model Server), as the engine's Graphs: the sampler runs here, so every step can be shown, and a stopped
// call is cancelled. Several servers are a Pool: each call goes to the one that is expected to answer first, and a
// failed call is repeated on another. Start with Connect, Pool.Check and Pool.Graph.
//
// Nothing is sent to a server that was not named: proxies and redirects are not used.
package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"nirvana/engine"
	"nirvana/engine/fault"
)

// Server is a server that runs networks.
type Server struct {
	// Address is grpc://host:port, or grpcs:// with TLS, or http:// and https:// with a path before /v2 where there is one.
	Address string
	// Token is sent with every call as a bearer token; without TLS only to this machine.
	Token string
	// Authority is a PEM file of certificates that the server's is verified against; "": the system's.
	Authority string
}

// Info is a server's description of itself.
type Info struct{ Name, Version string }

// Metadata is a server's description of a network.
type Metadata struct {
	Name            string
	Inputs, Outputs []engine.Port
}

// array is a tensor as it is sent: row-major, little-endian.
type array struct {
	name  string
	kind  string // the protocol's: FP32, FP16, INT64, ...
	shape []int
	data  []byte
}

// client is one server over one of the protocol's two transports.
type client interface {
	info(ctx context.Context) (Info, error)
	metadata(ctx context.Context, model string) (Metadata, error)
	// infer reads a response of at most so many bytes.
	infer(ctx context.Context, model string, inputs []array, outputs []string, most int) ([]array, error)
	close() error
}

// mostAnswer is the size of the longest response that is read: a batch of large pictures.
const mostAnswer = 512 << 20

// mostHead is that of what a server says of itself and of networks, and of the names around outputs.
const mostHead = 1 << 20

// Check refuses an address, or certificates, that cannot be used; nothing is sent.
func (s Server) Check() error {
	c, err := s.dial()
	if err != nil {
		return err
	}
	return c.close()
}

// dial makes a client; it sends nothing yet.
func (s Server) dial() (client, error) {
	u, err := url.Parse(s.Address)
	if err != nil || u.Host == "" {
		return nil, fault.Server.Errorf("%q is not a server's address: write grpc://host:port, grpcs://, http:// or https://", s.Address)
	}
	if u.User != nil {
		return nil, fault.Server.Errorf("%s has a password in its address: give a token instead", u.Redacted())
	}
	secure := u.Scheme == "grpcs" || u.Scheme == "https"
	if s.Token != "" && !secure && !local(u.Hostname()) {
		return nil, fault.Server.Errorf("%s would be sent its token without TLS: use %ss://", s.Address, u.Scheme)
	}
	var t *tls.Config
	if secure {
		if t, err = s.tls(); err != nil {
			return nil, err
		}
	}
	switch u.Scheme {
	case "grpc", "grpcs":
		return dialGRPC(s, u, t)
	case "http", "https":
		return dialHTTP(s, u, t), nil
	}
	return nil, fault.Server.Errorf("%s: %q is not supported: grpc, grpcs, http and https are", s.Address, u.Scheme)
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s Server) tls() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.Authority == "" {
		return c, nil
	}
	data, err := os.ReadFile(s.Authority)
	if err != nil {
		return nil, fault.Server.Errorf("the certificates for %s cannot be read: %w", s.Address, err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(data) {
		return nil, fault.Server.Errorf("%s holds no certificates in PEM", s.Authority)
	}
	return c, nil
}

// lie is an impossible response: the server is not used any more.
type lie struct{ error }

func (l lie) Unwrap() error { return l.error }

// nonsense is an invalid response that another server might do better: each is tried once.
type nonsense struct{ error }

func lied(format string, args ...any) error { return lie{fmt.Errorf(format, args...)} }

// short shortens foreign texts for messages.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 200 {
		return string(r[:200]) + "…"
	}
	return s
}
