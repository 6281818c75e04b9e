package onnx

import (
	"path/filepath"
	"strings"

	"nirvana/engine"
	"nirvana/models"
)

// Upscaler opens an upscaler: weights of an ESRGAN network, or an .onnx file. close frees it. It fails for other
// files.
func (r *Runtime) Upscaler(path string, o Options) (u engine.Upscaler, close func() error, err error) {
	provider, _ := r.selectProvider(o.Provider, o.Cache)
	o.Provider = provider
	var g *Graph
	if strings.EqualFold(filepath.Ext(path), ".onnx") {
		g, err = r.Graph(path, o)
	} else {
		var p models.Part
		if p, err = models.Upscaler(path); err == nil {
			g, err = r.Network(p, false, o)
		}
	}
	if err != nil {
		return u, nil, err
	}
	return engine.Upscaler{Graph: g, Name: filepath.Base(path)}, g.Close, nil
}
