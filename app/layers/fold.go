package layers

// Folded is a stack of what another program has as layers, the lowest first, groups in groups of any depth: here a
// group has layers only, so one inside another becomes its layers where that looks the same, and one layer elsewhere.
// IDs are given again, and the topmost layer is chosen.
func Folded(list []Layer) *Stack {
	s := &Stack{}
	for _, l := range list {
		if l.Group {
			l.Layers = within(l.Layers)
		}
		s.number(&l)
		s.Layers = append(s.Layers, l)
	}
	for _, l := range s.flat() {
		if !l.Group {
			s.Active = l.ID
		}
	}
	return s
}

// within is what lies in a group, without groups.
func within(list []Layer) (out []Layer) {
	for _, l := range list {
		switch {
		case !l.Group:
			out = append(out, l)
		case l.Apart() || l.Hidden:
			out = append(out, Layer{Name: l.Name, Hidden: l.Hidden, Locked: l.Locked, Opacity: l.Opacity, Mode: l.Mode, Pixels: composed(within(l.Layers))})
		default:
			for _, c := range within(l.Layers) {
				c.Locked = c.Locked || l.Locked
				out = append(out, c)
			}
		}
	}
	return out
}
