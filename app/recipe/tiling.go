package recipe

import "nirvana/engine"

// seamless adds directions in which the picture tiles.
func (r *Recipe) seamless(x, y bool) {
	t, _ := engine.ParseTiling(r.Tiling)
	r.Tiling = engine.Tiling{X: t.X || x, Y: t.Y || y}.String()
}

// easyTilings are Easy Diffusion's names.
var easyTilings = map[string]engine.Tiling{"x": {X: true}, "y": {Y: true}, "xy": {X: true, Y: true}}

// swarmTilings are SwarmUI's.
var swarmTilings = map[string]engine.Tiling{"true": {X: true, Y: true}, "X-Only": {X: true}, "Y-Only": {Y: true}}
