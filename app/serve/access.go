package serve

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"nirvana/app/serve/openai"
	"nirvana/app/serve/page"
	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
)

var errNotFound = errors.New("not found")

// safe refuses options that would let anybody in, or send a token unencrypted.
func (o Options) safe() error {
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		return fmt.Errorf("--listen %s is not host:port, for example 127.0.0.1:7860", o.Address)
	}
	if (o.Certificate == "") != (o.Key == "") {
		return errors.New("TLS needs both --tls-cert and --tls-key")
	}
	if o.Token != "" && len(o.Token) < ShortestToken {
		return fmt.Errorf("the token is shorter than %d characters: choose a longer one", ShortestToken)
	}
	if loopback(host) {
		return nil
	}
	if o.Token == "" || o.Certificate == "" {
		return fmt.Errorf("--listen %s can be reached from other machines: give --token-file, --tls-cert and --tls-key, or listen on 127.0.0.1", o.Address)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// admitted lets in requests with the token. Pages of other servers are refused even without a token: browsers send
// their requests to this machine too. The page itself contains no secret and is open, so that it can ask for the
// token.
func (o Options) admitted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !o.sameOrigin(r):
			refuse(w, r, http.StatusForbidden, "this request comes from another server's page")
		case page.Has(r.URL.Path) || o.known(r):
			h.ServeHTTP(w, r)
		default:
			w.Header().Set("WWW-Authenticate", `Basic realm="nirvana"`)
			refuse(w, r, http.StatusUnauthorized, "Not authenticated")
		}
	})
}

// known reports whether the request has the token: as a bearer token, or as the password that AUTOMATIC1111's clients
// send.
func (o Options) known(r *http.Request) bool {
	if o.Token == "" {
		return true
	}
	given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if _, password, ok := r.BasicAuth(); ok {
		given = password
	}
	return subtle.ConstantTimeCompare([]byte(given), []byte(o.Token)) == 1
}

// sameOrigin refuses requests that a browser sends for another server's page. Without a token the host name is
// checked too: a foreign name can be made to point to this machine (DNS rebinding).
func (o Options) sameOrigin(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if o.Token == "" && !loopback(strings.Trim(host, "[]")) {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" {
		return false
	}
	from := r.Header.Get("Origin")
	if from == "" {
		return true
	}
	u, err := url.Parse(from)
	return err == nil && u.Host == r.Host
}

// refuse responds in the form of the requested API.
func refuse(w http.ResponseWriter, r *http.Request, status int, text string) {
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		code := "invalid_api_key"
		if status == http.StatusForbidden {
			code = "forbidden"
		}
		openai.Refuse(w, status, text, code)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/nirvana/") {
		wire.Write(w, status, map[string]any{"error": map[string]string{"field": "", "message": text}})
		return
	}
	wire.Write(w, status, map[string]string{"detail": text})
}

// logged logs each request, never its contents.
func (o Options) logged(h http.Handler) http.Handler {
	if o.Log == nil {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, s := time.Now(), &status{ResponseWriter: w, code: http.StatusOK}
		h.ServeHTTP(s, r)
		o.Log(fmt.Sprintf("%s %s %.100q %d %.2f s", began.Format("15:04:05"), r.Method, r.URL.Path, s.code, time.Since(began).Seconds()))
	})
}

// logPrompts logs what an order asks for, the first thousand characters of each.
func (o Options) logPrompts(id string, order work.Order) {
	o.Log(fmt.Sprintf("%s run %s prompt %.1000q negative prompt %.1000q", time.Now().Format("15:04:05"), id, order.Recipe.Prompt, order.Recipe.Negative))
}

// status records a response's status code.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) { s.code = code; s.ResponseWriter.WriteHeader(code) }

func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
