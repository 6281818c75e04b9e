// Package assets holds the studio's icons and translations, by go:embed.
//
// Start with [Icon] and [Translation]. The icons are Phosphor's (MIT, icons/LICENSE), all of one line width, drawn
// for 20 px. They are plain filled outlines, so that a toolkit that recolours fills can theme them, and their arcs
// are written as Bézier curves, because Fyne's rasteriser draws some of the originals' arcs wrong. The dashed rectangle
// of "select" and the program's own icon were drawn for Nirvana.
package assets

import (
	"embed"
	"fmt"
	"path"
)

//go:embed icons/*.svg
var icons embed.FS

//go:embed icon.png
var appIcon []byte

// Icon returns the SVG of an icon, black on transparent, for example of "brush". An unknown name is a bug in the
// program, and panics.
func Icon(name string) []byte {
	svg, err := icons.ReadFile(path.Join("icons", name+".svg"))
	if err != nil {
		panic(fmt.Sprintf("assets: there is no icon %q", name))
	}
	return svg
}

// AppIcon returns the program's icon, a PNG of 512 x 512 pixels. The caller must not change it.
func AppIcon() []byte { return appIcon }
