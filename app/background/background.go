// Package background makes the ground behind a picture's subject transparent: by a segmentation model where the artist has
// one, or else where the ground is plain.
package background

import (
	"context"
	"image"
	"os"
	"path/filepath"
	"strings"

	"nirvana/engine/pixel"
)

// Segment runs the segmentation model in a file on a picture: the subject's opacity, a mask of the picture's size. device is
// an ONNX Runtime provider ("": the processor), threads 0: all cores.
type Segment func(ctx context.Context, file string, device string, threads int, img *image.RGBA) (*pixel.Mask, error)

// Folder is where segmentation models lie in a data folder.
func Folder(home string) string { return filepath.Join(home, "segmentation") }

// Model is the first .onnx file by name in a data folder's folder of segmentation models; "" where there is none.
func Model(home string) string {
	if home == "" {
		return ""
	}
	files, _ := os.ReadDir(Folder(home))
	for _, f := range files {
		if f.Type().IsRegular() && strings.EqualFold(filepath.Ext(f.Name()), ".onnx") {
			return filepath.Join(Folder(home), f.Name())
		}
	}
	return ""
}

// Remove makes the ground of a picture transparent; by a flood of the plain ground where model is "" or segment is nil.
func Remove(ctx context.Context, img *image.RGBA, segment Segment, model, device string, threads int) (*image.RGBA, error) {
	if segment == nil || model == "" {
		return pixel.RemoveGround(img)
	}
	opacity, err := segment(ctx, model, device, threads, img)
	if err != nil {
		return nil, err
	}
	return pixel.CutTo(img, opacity), nil
}
