package program

import (
	"nirvana/app"
	"nirvana/app/cli"
	"nirvana/app/host"
	"nirvana/app/serve/work"
	"nirvana/app/worker"
	"nirvana/models"
	"nirvana/ui"
)

// newHost is the studio as a server for other programs; nothing listens before it is told to begin.
func newHost(rt *lazyRuntime, studio *app.Studio, door *ui.Door, kept *folders, version string, told func()) *host.Host {
	env := cli.Env{Open: rt.open, Upscaler: rt.upscaler, Catalogue: known(kept), Listing: kept.cache, Version: version, Home: homeOrNone(), Roots: roots}
	on := cli.OpenOptions{Device: studio.Settings.Device, Threads: studio.Settings.Threads}
	h := host.New(host.Options{Home: homeOrNone(), Post: door.Post, Studio: studio, Pictures: studio.History, Engine: env.Engine(models.DefaultName, on), Told: told,
		Model: func(g worker.Generator) *work.Model { return g.(generator).Served() }})
	follow := func(app.Change) {
		if m, ok := studio.Chosen(); ok {
			h.Follow(m)
		}
	}
	follow(0)
	studio.Observe(func(c app.Change) {
		if c&(app.ChangedSettings|app.ChangedModel) != 0 {
			follow(c)
		}
	})
	return h
}
