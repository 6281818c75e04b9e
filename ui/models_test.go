package ui

import (
	"slices"
	"testing"

	"nirvana/app"
)

// Models of one name are told apart by no more of their folders than that takes.
func TestModelLabels(t *testing.T) {
	var models []app.ModelInfo
	for _, dir := range []string{"/program/nirvana", "/disk/sketches", "/other/sketches", "/other/sketches"} {
		models = append(models, app.ModelInfo{Name: "nirvana", Dir: dir})
	}
	models = append(models, app.ModelInfo{Name: "ddpm", Dir: "/disk/sketches"})
	want := []string{"nirvana", "nirvana  ·  sketches", "nirvana  ·  other/sketches", "nirvana  ·  /other/sketches", "ddpm"}
	if got := modelLabels(models); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
