package settings

import (
	"slices"

	"nirvana/app/recipe"
)

// Unset are the parts of a recipe that no setting takes; `nirvana generate --recipe` takes them.
func Unset(r recipe.Recipe) (lost []string) {
	for what, there := range map[string]bool{"guidance interval": len(r.Interval) > 0, "guidance curve": len(r.Curve) > 0,
		"scheduler settings": len(r.Settings) > 0, "variation": r.Variation > 0, "expand": len(r.Expand) > 0, "embeddings": len(r.Embeddings) > 0} {
		if there {
			lost = append(lost, what)
		}
	}
	slices.Sort(lost)
	return lost
}
