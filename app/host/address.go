package host

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"nirvana/app/guest"
	"nirvana/app/serve"
	"nirvana/app/serve/work"
)

// address is where a service listens.
func address(s guest.Service) string {
	host := "127.0.0.1"
	if s.Network {
		host = ""
	}
	return net.JoinHostPort(host, strconv.Itoa(s.Port))
}

// listenSoon retries for a while: the previous service may still be ending.
func listenSoon(ctx context.Context, e work.Engine, o serve.Options) (*serve.Server, error) {
	for tries := 0; ; tries++ {
		s, err := serve.Listen(e, o)
		if err == nil || tries == 10 || ctx.Err() != nil {
			return s, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// addresses are the page's URLs: url's own or, if other machines have access, this machine's in its networks.
func addresses(url string, s guest.Service) []string {
	if !s.Network {
		return []string{url}
	}
	var out []string
	for _, ip := range networks() {
		out = append(out, fmt.Sprintf("https://%s/", net.JoinHostPort(ip, strconv.Itoa(s.Port))))
	}
	if len(out) == 0 {
		out = append(out, url)
	}
	return out
}

// networks returns this machine's reachable addresses, IPv4 before IPv6, which is longer to type.
func networks() (out []string) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			out = append(out, n.IP.String())
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return strings.Count(a, ":") - strings.Count(b, ":") })
	return out
}
