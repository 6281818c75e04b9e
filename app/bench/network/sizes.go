package network

import "fmt"

// Size is a network of a checkpoint and the number of its weights.
type Size struct {
	Name    string
	Weights int64
}

// Sizes are those of a checkpoint's networks.
func Sizes(file string) (all []Size, err error) {
	m, err := assembled(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	for _, n := range m.Networks() {
		s := Size{Name: n.Name}
		for _, t := range n.Weights {
			k := int64(1)
			for _, d := range t.Shape {
				k *= d
			}
			s.Weights += k
		}
		all = append(all, s)
	}
	return all, nil
}
