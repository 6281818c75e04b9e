package layers

// Folded is a stack of another program's layers, lowest first, with groups nested to any depth. Here groups contain only
// layers, so a nested group becomes its layers if that looks the same, otherwise one layer. IDs are assigned anew, and
// the topmost layer is selected.
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

// within is a group's layers, without nested groups.
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
