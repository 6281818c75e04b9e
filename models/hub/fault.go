package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// passing is a fault that another try may not meet.
type passing struct{ error }

func (p passing) Unwrap() error { return p.error }

func retryable(err error) bool {
	var p passing
	return errors.As(err, &p)
}

// refused turns a status that brings nothing into an error, with how long the hub wants to be left alone.
func refused(r *http.Response) (time.Duration, error) {
	switch code := r.StatusCode; {
	case code == http.StatusOK, code == http.StatusPartialContent, code == http.StatusRequestedRangeNotSatisfiable:
		return 0, nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return 0, fmt.Errorf("%w (HTTP %d): accept its terms on its page, then give a token of your account", ErrToken, code)
	case code == http.StatusNotFound:
		return 0, errors.New("the hub has no such repository or file: check the name; private ones need a token")
	case code == http.StatusTooManyRequests, code >= 500:
		return after(r.Header.Get("Retry-After")), passing{fmt.Errorf("the hub is busy (HTTP %d): try again later", code)}
	default:
		return 0, fmt.Errorf("the hub answers HTTP %d: try again later", code)
	}
}

// after reads a Retry-After header in seconds, at most two minutes.
func after(header string) time.Duration {
	s, err := strconv.Atoi(header)
	if err != nil || s < 0 {
		return 0
	}
	return min(time.Duration(s)*time.Second, 2*time.Minute)
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
