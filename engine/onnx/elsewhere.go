package onnx

// Elsewhere closes networks that run on another machine, by their parts' names: they are not opened here, and nothing
// is merged into them. Call it before Begin.
func (l *Loaded) Elsewhere(names ...string) error {
	for _, name := range names {
		if name == l.Parts.Denoiser.Name {
			name = denoiserGraph
		}
		g := l.graphs[name]
		delete(l.graphs, name)
		if g == nil {
			continue
		}
		if err := g.Close(); err != nil {
			return err
		}
	}
	return nil
}
