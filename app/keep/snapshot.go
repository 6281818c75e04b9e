package keep

import (
	"nirvana/app/document"
	"nirvana/app/settings"
	"nirvana/app/tray"
	"nirvana/app/worker"
)

// What is a set of parts of the state that are saved.
type What uint

const (
	Settings What = 1 << iota
	Document
	Tray
	Runs

	All = Settings | Document | Tray | Runs
)

// Snapshot is the state at one moment.
type Snapshot struct {
	What     What // of it is to be written into the journal
	Settings settings.Settings
	Document document.Snapshot
	Tray     tray.Snapshot
	Runs     worker.Snapshot
}
