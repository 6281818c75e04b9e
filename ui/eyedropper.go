package ui

import (
	"bytes"

	"fyne.io/fyne/v2"

	"nirvana/assets"
)

// eyedropper are the two pictures of the canvas' eyedropper: a dark one that is thicker, and a light one over it, so that
// it is visible on any picture. The width of strokes is in device pixels: Fyne's SVG rasteriser does not scale it.
func eyedropper() (outline, inside fyne.Resource) {
	drawn := func(name, as string) fyne.Resource {
		return fyne.NewStaticResource(name+".svg", bytes.ReplaceAll(assets.Icon("eyedropper"), []byte("<path "), []byte("<path "+as)))
	}
	return drawn("eyedropper-outline", `fill="#101010" stroke="#101010" stroke-width="3" stroke-linejoin="round" `), drawn("eyedropper-inside", `fill="#ffffff" `)
}
