package hub

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"nirvana/engine/fault"
)

// passing is an error that another try may not meet.
type passing struct{ error }

func (p passing) Unwrap() error { return p.error }

func retryable(err error) bool {
	var p passing
	return errors.As(err, &p)
}

// locked is an error that a token may help against; errors.Is matches it with ErrToken.
type locked string

func (l locked) Error() string { return string(l) }

func (locked) Is(target error) bool { return target == ErrToken }

// refused turns a response without a file into an error, with how long the hub wants to be left alone. The hub's
// reason is in X-Error-Code; the status is not enough: HTTP 401 is a wrong token, terms that were not accepted, a
// private repository, and without a token also one that does not exist.
func (c Client) refused(r *http.Response) (time.Duration, error) {
	elsewhere := r.Request != nil && !strings.HasPrefix(c.endpoint(), r.Request.URL.Scheme+"://"+r.Request.URL.Host)
	switch code, what := r.StatusCode, r.Header.Get("X-Error-Code"); {
	case code == http.StatusOK, code == http.StatusPartialContent, code == http.StatusRequestedRangeNotSatisfiable:
		return 0, nil
	case code == http.StatusTooManyRequests, code >= 500:
		return after(r.Header), passing{fault.Hub.Errorf("the hub is busy (HTTP %d): try again later", code)}
	case elsewhere && (code == http.StatusUnauthorized || code == http.StatusForbidden):
		return 0, passing{fault.Hub.Errorf("the address that the hub gave has expired")} // valid for an hour: the next try gets another
	case what == "GatedRepo" && c.Token == "":
		return 0, fault.Gated.Mark(locked("the repository is gated: its terms have to be accepted on its page, by an account whose token is given here"))
	case what == "GatedRepo":
		return 0, fault.Gated.Mark(locked("the repository is gated and the account of this token was not let in: accept its terms on its page, or wait until its owner has"))
	case what == "RevisionNotFound":
		return 0, fault.NoRepository.Errorf("there is no such revision: check the branch or commit")
	case what == "EntryNotFound":
		return 0, fault.NoRepository.Errorf("there is no such file in the repository any more: look for another revision")
	case what == "RepoNotFound" && c.Token == "":
		return 0, fault.Gated.Mark(locked("there is no such repository, or it is private: check the name; a private one needs a token"))
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return 0, fault.Gated.Errorf("%w (HTTP %d%s): give a token of an account that may read it", ErrToken, code, said(r))
	case what == "RepoNotFound":
		return 0, fault.NoRepository.Errorf("there is no such repository that this token may read: check the name")
	case code == http.StatusNotFound:
		return 0, fault.NoRepository.Errorf("there is no such file or repository: check the name")
	default:
		return 0, fault.Hub.Errorf("the hub answers HTTP %d%s: try again later", code, said(r))
	}
}

// said is the hub's message, after a comma, or "".
func said(r *http.Response) string {
	text := r.Header.Get("X-Error-Message")
	if text == "" {
		var body struct{ Error any }
		data, _ := io.ReadAll(io.LimitReader(r.Body, 4<<10))
		if json.Unmarshal(data, &body) == nil {
			text, _ = body.Error.(string)
		}
	}
	if text = strings.Join(strings.Fields(text), " "); text == "" {
		return ""
	}
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "..."
	}
	return ", " + strings.TrimRight(text, ".")
}

// after is how long to wait, at most two minutes: Retry-After in seconds or as a time, or the rest of the window in
// RateLimit (`"api";r=0;t=55`).
func after(h http.Header) time.Duration {
	wait := time.Duration(0)
	if text := h.Get("Retry-After"); text != "" {
		if s, err := strconv.Atoi(text); err == nil {
			wait = time.Duration(s) * time.Second
		} else if at, err := http.ParseTime(text); err == nil {
			wait = time.Until(at)
		}
	} else {
		for _, part := range strings.Split(strings.Join(h.Values("RateLimit"), ""), ";") {
			if t, ok := strings.CutPrefix(strings.TrimSpace(part), "t="); ok {
				s, _ := strconv.Atoi(t)
				wait = time.Duration(s) * time.Second
			}
		}
	}
	return min(max(wait, 0), 2*time.Minute)
}

// follow follows redirects. net/http would send the token to subdomains of the hub, where signed addresses are
// refused with it.
func follow(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) >= 10 {
		return fault.Hub.Errorf("the hub redirects in a circle")
	}
	if first.Scheme == "https" && r.URL.Scheme != "https" {
		return fault.Hub.Errorf("the hub redirects to an address that is not encrypted")
	}
	if r.URL.Host != first.Host {
		r.Header.Del("Authorization")
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
