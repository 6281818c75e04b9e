package checkpoint

import (
	"io"
	"path/filepath"
	"regexp"
	"strings"

	"nirvana/engine/wholefile"
)

// mostSidecar is how much of a file next to a checkpoint is read, bytes.
const mostSidecar = 1 << 20

var parameterization = regexp.MustCompile(`(?m)^\s*parameterization\s*:\s*["']?(\w+)["']?`)

// besideOf reads what a network predicts from the original code's yaml next to its file: FILE.yaml for
// FILE.safetensors. "" where it does not say.
func besideOf(path string) string {
	base := strings.TrimSuffix(path, filepath.Ext(path))
	for _, ext := range []string{".yaml", ".yml"} {
		file, err := wholefile.Open(base + ext)
		if err != nil {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(file, mostSidecar))
		file.Close()
		if err != nil {
			continue
		}
		m := parameterization.FindSubmatch(data)
		switch {
		case m == nil: // the original code's default
			if strings.Contains(string(data), "LatentDiffusion") {
				return predictsNoise
			}
		case string(m[1]) == "v":
			return predictsVelocity
		default:
			return predictsNoise
		}
	}
	return ""
}
