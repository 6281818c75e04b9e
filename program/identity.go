package program

import (
	"fmt"
	"os"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	"github.com/BurntSushi/toml"
)

// identity is the program's id, name and version from FyneApp.toml, the only place that has them.
type identity struct {
	ID, Name, Version string
	Build             int
}

func readIdentity(manifest []byte) (identity, error) {
	var file struct{ Details identity }
	if err := toml.Unmarshal(manifest, &file); err != nil {
		return identity{}, fmt.Errorf("FyneApp.toml cannot be read: %w", err)
	}
	id := file.Details
	if id.ID == "" || id.Name == "" || id.Version == "" {
		return id, fmt.Errorf("FyneApp.toml lacks an ID, a Name or a Version under Details")
	}
	return id, nil
}

// open creates Fyne's application.
func (id identity) open() fyne.App {
	fyneapp.SetMetadata(fyne.AppMetadata{ID: id.ID, Name: id.Name, Version: id.Version, Build: id.Build})
	if dir, err := os.UserCacheDir(); err == nil {
		os.MkdirAll(dir, 0o700) // Fyne makes folders in it but not itself; without it there is no cache, which it reports
	}
	return fyneapp.NewWithID(id.ID)
}
