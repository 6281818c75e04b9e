package program

import (
	"context"
	"image"
	"strings"

	"nirvana/engine/onnx"
	"nirvana/engine/pixel"
)

// segment runs a segmentation model on one picture and lets go of it: they are large, and seldom needed.
func (l *lazyRuntime) segment(ctx context.Context, file string, device string, threads int, img *image.RGBA) (*pixel.Mask, error) {
	rt, err := l.get()
	if err != nil {
		return nil, err
	}
	s, closeIt, err := rt.Segmenter(file, onnx.Options{Threads: threads, Provider: strings.ToLower(device), Cache: graphs()})
	if err != nil {
		return nil, err
	}
	defer closeIt()
	return s.Opacity(ctx, img)
}
