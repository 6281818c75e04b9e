package program

import (
	"context"
	"image"
	"strings"

	"nirvana/app/library"
	"nirvana/engine/onnx"
	"nirvana/engine/pixel"
)

// segment runs a segmentation model on one picture and lets go of it: they are large, and seldom needed.
func (l *lazyRuntime) segment(ctx context.Context, file string, on library.Hardware, img *image.RGBA) (*pixel.Mask, error) {
	rt, err := l.get()
	if err != nil {
		return nil, err
	}
	s, closeIt, err := rt.Segmenter(file, onnx.Options{Threads: on.Threads, Provider: strings.ToLower(on.Device), Cache: graphs()})
	if err != nil {
		return nil, err
	}
	defer closeIt()
	return s.Opacity(ctx, img)
}
