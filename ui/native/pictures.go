//go:build !windows

package native

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Pictures is the desktop's pictures folder; "" where there is none.
func Pictures() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	for _, dir := range []string{userDir(home, "XDG_PICTURES_DIR"), filepath.Join(home, "Pictures"), home} {
		if st, err := os.Stat(dir); err == nil && st.IsDir() {
			return dir
		}
	}
	return ""
}

// userDir is a folder in the desktop's own file (xdg-user-dirs: XDG_PICTURES_DIR="$HOME/Bilder"); "" where it is not
// there.
func userDir(home, name string) string {
	if runtime.GOOS == "darwin" {
		return ""
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	file, err := os.Open(filepath.Join(config, "user-dirs.dirs"))
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		key, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), "=")
		if !ok || key != name {
			continue
		}
		value = strings.Trim(value, `"`)
		if rest, ok := strings.CutPrefix(value, "$HOME"); ok {
			value = home + rest
		}
		return filepath.Clean(value)
	}
	return ""
}
