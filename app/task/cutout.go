package task

import (
	"slices"
	"strings"
	"unicode"

	"nirvana/engine"
)

// CutsOut reports whether a run's picture is cut out where nothing else is said: with models that tell what is ground, of
// pictures from text alone and, in every mode, of such as were cut out before, whose prompt names no ground.
func CutsOut(q engine.Request, f engine.Facts, m Mode, before bool) bool {
	return f.Opacity && (m == TextToImage || before) && !NamesGround(q.Prompt)
}

// around are the words that begin the place where a thing is, and places the words that name one; scenery is a picture
// of a place itself.
var (
	around  = []string{"in", "on", "at", "against", "under", "above", "over", "by", "before", "behind"}
	places  = []string{"sky", "sea", "ocean", "lake", "river", "pond", "water", "grass", "meadow", "field", "lawn", "hill", "hills", "mountain", "mountains", "forest", "woods", "jungle", "desert", "beach", "shore", "coast", "island", "snow", "rain", "ice", "sand", "ground", "floor", "night", "sunset", "sunrise", "dawn", "dusk", "room", "kitchen", "bedroom", "house", "garden", "park", "street", "road", "city", "town", "village", "farm", "table", "desk", "shelf", "wall", "window", "stage", "space", "clouds", "stars", "cave", "harbour", "harbor", "background", "backdrop"}
	scenery = []string{"background", "backdrop", "scene", "scenery", "landscape", "seascape", "cityscape", "skyline", "panorama", "wallpaper"}
)

// NamesGround reports whether an English prompt asks for something behind the thing that it names: "a cat on the beach", "a
// red background", "mountain landscape". "No background" and "transparent background" ask for none.
func NamesGround(prompt string) bool {
	words := strings.FieldsFunc(strings.ToLower(prompt), func(r rune) bool { return !unicode.IsLetter(r) })
	for i, w := range words {
		before := words[max(i-4, 0):i]
		none := slices.ContainsFunc(before, func(b string) bool { return b == "no" || b == "without" || b == "transparent" })
		if none {
			continue
		}
		if slices.Contains(scenery, w) || slices.Contains(places, w) && slices.ContainsFunc(before, func(b string) bool { return slices.Contains(around, b) }) {
			return true
		}
	}
	return false
}
