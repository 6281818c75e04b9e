package app

import (
	"fmt"
	"strings"
	"testing"

	"nirvana/engine/fault"
	"nirvana/models/hub"
)

// What goes on otherwise than asked, and why a download waits, is said in the window's language; what is technical
// stays as it is.
func TestNoticesAreTranslated(t *testing.T) {
	studio(t, func(b *bench) {
		b.Fallbacks(nil)
		if b.Notice != nil {
			t.Error("nothing is told of")
		}
		english := b.options.Say
		b.options.Say = func(text string) string { return strings.ToUpper(text) }
		defer func() { b.options.Say = english }()
		b.Fallbacks([]fault.Notice{{Format: "a %s b", Args: []any{"c"}, Detail: "d"}, {Format: "e"}})
		if n := b.Notice; n == nil || n.Advice != "A %!S(string=c) B\nE" || n.Detail != "d" {
			t.Errorf("%+v", n)
		}
		d := &Download{}
		if got := b.Waits(d); got != "" {
			t.Errorf("waits for %q while bytes come", got)
		}
		seen := map[string]bool{}
		for _, err := range []error{nil, hub.ErrStall, fault.Offline.Errorf("x"), fault.Cut.Errorf("x"), fault.Hub.Errorf("x"), fmt.Errorf("x")} {
			d.Progress = hub.Progress{Notice: "exactly", Fault: err}
			got := b.Waits(d)
			seen[got] = true
			if got == "exactly" || strings.ToUpper(got) != got {
				t.Errorf("%v: %q", err, got)
			}
		}
		if len(seen) != len(WaitReasons) {
			t.Errorf("%d of %d reasons are given", len(seen), len(WaitReasons))
		}
		b.options.Say = english
		if got := b.Waits(d); got != "exactly" {
			t.Errorf("in English %q", got)
		}
	})
}
