package background_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"testing"

	"nirvana/app/background"
	"nirvana/engine/pixel"
)

func square() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(10, 8, 30, 22), image.NewUniform(color.RGBA{200, 0, 0, 255}), image.Point{}, draw.Src)
	return img
}

// With no model the plain ground goes; with one, what it says.
func TestRemove(t *testing.T) {
	home := t.TempDir()
	if m := background.Model(home); m != "" {
		t.Error("a model in an empty data folder:", m)
	}
	got, err := background.Remove(context.Background(), square(), nil, "", "", 0)
	if err != nil || got.RGBAAt(0, 0).A != 0 || got.RGBAAt(20, 15) != (color.RGBA{200, 0, 0, 255}) {
		t.Fatal(err, got.RGBAAt(0, 0), got.RGBAAt(20, 15))
	}
	if err := os.MkdirAll(filepath.Join(background.Folder(home), "a.onnx"), 0o700); err != nil { // a folder is no model
		t.Fatal(err)
	}
	want := filepath.Join(background.Folder(home), "b.ONNX")
	if err := os.WriteFile(want, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	model := background.Model(home)
	if model != want {
		t.Fatalf("the model is %q", model)
	}
	left := func(_ context.Context, file string, _ string, _ int, img *image.RGBA) (*pixel.Mask, error) {
		if file != want {
			return nil, errors.New("another file: " + file)
		}
		m := image.NewGray(img.Rect)
		draw.Draw(m, image.Rect(0, 0, 20, 30), image.White, image.Point{}, draw.Src)
		return m, nil
	}
	got, err = background.Remove(context.Background(), square(), left, model, "", 0)
	if err != nil || got.RGBAAt(2, 2) != (color.RGBA{255, 255, 255, 255}) || got.RGBAAt(25, 15).A != 0 {
		t.Error(err, got.RGBAAt(2, 2), got.RGBAAt(25, 15))
	}
}
