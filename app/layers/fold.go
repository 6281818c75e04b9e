package layers

// Folded is a stack of another program's layers, lowest first, with groups nested to any depth. Here groups contain only
// layers, so a nested group becomes its layers if that looks the same, otherwise one layer. IDs are assigned anew, and
// the topmost layer is selected. It fails where there is no memory for a group as one layer.
func Folded(list []Layer) (*Stack, error) {
	s := &Stack{}
	for _, l := range list {
		if l.Group {
			var err error
			if l.Layers, err = within(l.Layers); err != nil {
				return nil, err
			}
		}
		s.number(&l)
		s.Layers = append(s.Layers, l)
	}
	for _, l := range s.flat() {
		if !l.Group {
			s.Active = l.ID
		}
	}
	return s, nil
}

// within is a group's layers, without nested groups.
func within(list []Layer) (out []Layer, err error) {
	for _, l := range list {
		if !l.Group {
			out = append(out, l)
			continue
		}
		parts, err := within(l.Layers)
		if err != nil {
			return nil, err
		}
		switch {
		case l.Apart() || l.Hidden:
			pixels, err := composed(parts)
			if err != nil {
				return nil, err
			}
			out = append(out, Layer{Name: l.Name, Hidden: l.Hidden, Locked: l.Locked, Opacity: l.Opacity, Mode: l.Mode, Pixels: pixels})
		default:
			for _, c := range parts {
				c.Locked = c.Locked || l.Locked
				out = append(out, c)
			}
		}
	}
	return out, nil
}
