package cli

import (
	"flag"

	"nirvana/engine"
)

// sharedFlags are the flags of the parameters that request, settings and recipes share: their names are in the fields' tags.
func sharedFlags(f *flag.FlagSet, s *engine.Shared) {
	for _, p := range s.Each() {
		switch to := p.Value.(type) {
		case *string:
			f.StringVar(to, p.Flag, *to, p.Help)
		case *int:
			f.IntVar(to, p.Flag, *to, p.Help)
		case *bool:
			f.BoolVar(to, p.Flag, *to, p.Help)
		case *float32:
			real(f, to, p.Flag, p.Help)
		}
	}
}
