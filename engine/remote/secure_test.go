package remote_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/remote"
	"nirvana/engine/remote/remotetest"
)

// certificate signs itself for an address until a time; it gives the server's side and a PEM file for the client's.
func certificate(t *testing.T, address string, until time.Time) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IPAddresses: []net.IP{net.ParseIP(address)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}, path
}

// By TLS, with a token, a run is the local one. A certificate that nobody vouches for, that is another address's, or that is
// over, is refused with the server's name before anything else is sent.
func TestTLS(t *testing.T) {
	want, err := picture(t, net3{3}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tomorrow := time.Now().Add(24 * time.Hour)
	good, ca := certificate(t, "127.0.0.1", tomorrow)
	other, otherCA := certificate(t, "192.0.2.7", tomorrow)
	over, overCA := certificate(t, "127.0.0.1", time.Now().Add(-time.Hour))
	for _, transport := range []func(*remotetest.Server, testing.TB, string) string{(*remotetest.Server).GRPC, (*remotetest.Server).HTTP} {
		s := server()
		s.TLS, s.Token = good, "secret"
		at := transport(s, t, "127.0.0.1:0")
		if got, err := picture(t, connected(t, remote.Options{}, remote.Server{Address: at, Authority: ca, Token: "secret"}), nil); err != nil || got != want {
			t.Errorf("%s: %s %v", at, got, err)
		}
		calls := s.Calls.Load()
		wrongName, expired := server(), server()
		wrongName.TLS, expired.TLS = other, over
		for name, c := range map[string]remote.Server{
			"unknown authority": {Address: at, Token: "secret"},
			"another authority": {Address: at, Token: "secret", Authority: otherCA},
			"another address":   {Address: transport(wrongName, t, "127.0.0.1:0"), Authority: otherCA},
			"over":              {Address: transport(expired, t, "127.0.0.1:0"), Authority: overCA},
			"no TLS there":      {Address: at[:strings.Index(at, ":")] + "://" + strings.TrimPrefix(server().GRPC(t, "127.0.0.1:0"), "grpc://")},
		} {
			in, out := net3{3}.Ports()
			_, _, _, err := pool(t, remote.Options{}, c).Check(t.Context(), "unet", in, out)
			if err == nil || fault.Of(err) != fault.Server || !strings.Contains(err.Error(), c.Address) {
				t.Errorf("%s by %s: %v", name, at, err)
			}
		}
		if s.Calls.Load() != calls {
			t.Error("something was computed for a client that does not trust the server")
		}
	}
}

// An answer that does not end is given up once it is longer than the network's outputs can be, and its bytes are not kept.
func TestEndlessAnswers(t *testing.T) {
	real := server()
	at := real.HTTP(t, "127.0.0.1:0")
	var sent atomic.Int64
	endless := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/infer") {
			proxied(w, r, at)
			return
		}
		w.Header().Set("Content-Length", "1099511627776") // what is declared is not allocated
		block := make([]byte, 64<<10)
		for {
			n, err := w.Write(block)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go endless.Serve(l)
	defer endless.Close()
	g := connected(t, remote.Options{Patience: time.Second}, remote.Server{Address: "http://" + l.Addr().String()})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = g.Run(t.Context(), map[string]engine.Tensor{"sample": engine.Zeros(1, 3, 16, 16), "timestep": {Shape: []int{1}, Data: []float32{1}}})
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "longer than") || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("%v", err)
	}
	if taken := after.TotalAlloc - before.TotalAlloc; taken > 64<<20 || sent.Load() > 64<<20 {
		t.Errorf("%d bytes were allocated, %d sent", taken, sent.Load())
	}
	long := server() // by gRPC a message says its length first
	long.Twist = func(_ string, o *remotetest.Output) { o.Data = make([]float32, 16<<20) }
	g = connected(t, remote.Options{Patience: time.Second}, remote.Server{Address: long.GRPC(t, "127.0.0.1:0")})
	if _, err = g.Run(t.Context(), map[string]engine.Tensor{"sample": engine.Zeros(1, 3, 16, 16), "timestep": {Shape: []int{1}, Data: []float32{1}}}); err == nil || fault.Of(err) != fault.Server {
		t.Errorf("by gRPC: %v", err)
	}
}

// proxied passes a question on, and its answer back.
func proxied(w http.ResponseWriter, r *http.Request, to string) {
	q, _ := http.NewRequest(r.Method, to+r.URL.Path, r.Body)
	q.Header = r.Header
	a, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer a.Body.Close()
	w.WriteHeader(a.StatusCode)
	block := make([]byte, 1<<20)
	n, _ := a.Body.Read(block)
	w.Write(block[:n])
}

// A proxy that the environment names sees nothing: prompts go to the servers that were named, or nowhere.
func TestNoProxy(t *testing.T) {
	address := ""
	all, _ := net.InterfaceAddrs()
	for _, a := range all { // proxies are never used for loopback
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			address = n.IP.String()
		}
	}
	if address == "" {
		t.Skip("this machine has no address but loopback's")
	}
	var asked atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			c.Close()
		}
	}()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "grpc_proxy"} {
		t.Setenv(name, "http://"+l.Addr().String())
	}
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	for _, transport := range []func(*remotetest.Server, testing.TB, string) string{(*remotetest.Server).GRPC, (*remotetest.Server).HTTP} {
		at := transport(server(), t, address+":0")
		if _, err := picture(t, connected(t, remote.Options{}, remote.Server{Address: at}), nil); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
	if asked.Load() != 0 {
		t.Errorf("the proxy was asked %d times", asked.Load())
	}
}
