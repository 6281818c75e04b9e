package network

import (
	"maps"
	"slices"
	"testing"

	"nirvana/engine/network/published/publishedtest"
	"nirvana/models/checkpoint"
)

// spoilt is a checkpoint whose header says other things than it should: each three bytes take a tensor out, give it
// another one's name, or change an axis.
func spoilt(file *checkpoint.File, how []byte) {
	all := checkpoint.Weights{}
	for _, p := range file.Parts {
		for name, t := range p.Weights {
			all[p.Kind+" "+name] = t
		}
	}
	names := slices.Sorted(maps.Keys(all))
	for ; len(how) >= 3; how = how[3:] {
		i := (int(how[0])<<8 | int(how[1])) % len(names)
		name, other := names[i], names[(i+int(how[2]))%len(names)]
		t := all[name]
		t.Shape = slices.Clone(t.Shape)
		switch n := len(t.Shape); {
		case how[2]%8 == 0:
			delete(all, name)
			continue
		case how[2]%8 == 1:
			t = all[other]
		case how[2]%8 == 2:
			t.Type = "I64"
		case how[2]%8 == 3:
			t.Shape = append(t.Shape, 1)
		case n == 0:
		case how[2]%8 == 4:
			t.Shape = t.Shape[:n-1]
		case how[2]%8 == 5:
			t.Shape[int(how[2]/8)%n] = 0
		case how[2]%8 == 6:
			t.Shape[int(how[2]/8)%n]++
		default:
			t.Shape[int(how[2]/8)%n] *= 64
		}
		all[name] = t
	}
	for _, p := range file.Parts {
		for name := range p.Weights {
			if t, ok := all[p.Kind+" "+name]; ok {
				p.Weights[name] = t
			} else {
				delete(p.Weights, name)
			}
		}
	}
}

// Whatever a checkpoint's header says, its networks are written or refused.
func FuzzBuild(f *testing.F) {
	for _, name := range []string{"mini", "sdxl", "sd35-medium", "flux-schnell", "z-image"} {
		most := byte(6)
		if name == "mini" {
			most = 64
		}
		for how := range most {
			f.Add(name, []byte{how, 7 * how, how, 3, how, how})
		}
	}
	f.Fuzz(func(t *testing.T, name string, how []byte) {
		known := []string{"mini", "sdxl", "sd35-medium", "flux-schnell", "z-image"}
		if !slices.Contains(known, name) || len(how) > 60 {
			return
		}
		file := publishedtest.File(t, name, name)
		spoilt(file, how)
		m, err := checkpoint.Assemble(file)
		if err != nil {
			return
		}
		for _, n := range m.Networks() {
			if n.Weights == nil {
				continue
			}
			if g, err := Build(n.Name, n.Config, n.Weights, Options{}); err == nil {
				if _, err := g.Bytes(); err != nil {
					t.Error(n.Name, err)
				}
			}
		}
	})
}
