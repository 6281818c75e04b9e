package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"fyne.io/fyne/v2"

	"nirvana/app"
	"nirvana/app/cli"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/models"
	"nirvana/models/listing"
	"nirvana/ui"
	"nirvana/ui/native"
)

// home is the folder for settings, history and what is under way; NIRVANA_HOME moves it.
func home() (string, error) {
	if dir := os.Getenv("NIRVANA_HOME"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("there is no place for the studio's data: set NIRVANA_HOME to a folder (%w)", err)
	}
	return filepath.Join(dir, "nirvana"), nil
}

// window opens the studio with the pictures that the arguments name, and gives the exit code.
func window(id identity, args []string) int {
	start, err := readArguments(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Println("nirvana [--model NAME|DIR] [FILE...] opens the studio; nirvana help lists what it does in the terminal.")
		return cli.Done
	case err != nil:
		fmt.Fprintln(os.Stderr, "nirvana:", err)
		return cli.WrongUsage
	case noScreen():
		fmt.Fprintln(os.Stderr, "nirvana:", errNoScreen)
		return cli.Failed
	}
	rt := lazyRuntime{window: true}
	defer rt.close()
	door := ui.NewDoor(fyne.Do)
	kept := openFolders(id.Version)
	kept.shown = make(chan struct{})
	studio, err := openStudio(&rt, door, kept, id.Version)
	if err != nil {
		fmt.Fprintln(os.Stderr, "nirvana:", err)
		return cli.Failed
	}
	defer kept.close()
	system := native.New()
	forced := os.Getenv("FYNE_SCALE")
	if scale := studio.Settings.Scale; scale > 0 && forced == "" {
		os.Setenv("FYNE_SCALE", fmt.Sprint(float64(scale)/100)) // Fyne has no other door to it
	}
	a := id.open()
	var w *ui.Window
	base, closed := context.WithCancel(context.Background())
	defer closed()
	guests := newHost(&rt, studio, door, kept, id.Version, func() { w.Served() })
	w = ui.New(a, studio, ui.Options{Serving: guests, Machine: machine{&rt, door.Post, base}, Servers: servers{homeOrNone()}, Dialogs: system, Clipboard: system, Devices: rt.devices, Pictures: native.Pictures(), Version: id.Version, Screen: native.Screen, Scale: forced, OpenFolder: native.ShowFolder, ReadModel: readModel, LoRAs: kept.loras, Embeddings: kept.embeddings, KindOf: kept.kindOf, Picture: preview, Home: homeOrNone()})
	w.Fyne().SetOnClosed(door.Shut)
	door.Open()
	kept.follow(func() { door.Post(studio.Rescan) })
	whenIdle(studio, idleFor, debug.FreeOSMemory)
	openModel(studio, kept, start.model)
	guests.Begin()
	for _, path := range start.files {
		w.OpenPath(path)
	}
	endWith(syscall.SIGHUP, a.Quit) // the toolkit knows the others
	err = show(w)
	door.Shut() // asked to end by a signal, Fyne does not close the window
	closed()
	guests.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, "nirvana:", err)
		return cli.Failed
	}
	if err := studio.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "nirvana:", err)
		return cli.Failed
	}
	return cli.Done
}

// endWith ends the window in order when a signal comes, unless the program was started with it ignored, as nohup does.
func endWith(s os.Signal, quit func()) {
	if signal.Ignored(s) {
		return
	}
	came := make(chan os.Signal, 1)
	signal.Notify(came, s)
	go func() {
		<-came
		fyne.Do(quit)
	}()
}

func openStudio(rt *lazyRuntime, door *ui.Door, kept *folders, version string) (*app.Studio, error) {
	dir, err := home()
	if err != nil {
		return nil, err
	}
	var infos []app.ModelInfo
	for _, f := range catalogue().List() {
		infos = append(infos, describe(f))
	}
	for _, dir := range catalogue().Lacking() {
		if m, err := readModel(dir); err == nil {
			infos = append(infos, m)
		}
	}
	return app.New(app.Options{Home: dir, Post: door.Post, Models: infos, Version: version, Load: rt.load, Upscaler: rt.upscalerOn, Segment: rt.segment, Say: ui.Say,
		Read: readModel, List: kept.list, Watch: kept.watch, Parts: kept.parts, Fits: fits, Store: catalogue().Store, Memory: models.MachineMemory()})
}

// openModel opens the model that --model names; without one, the last that was used.
func openModel(studio *app.Studio, kept *folders, name string) {
	if name == "" {
		studio.Open(studio.Settings.Model)
		return
	}
	f, err := known(kept).Find(name)
	if err != nil {
		studio.Fail("The model could not be opened", err, "Use the included model", func() { studio.Open(shipped(studio)) })
		return
	}
	studio.AddModel(describe(f))
	studio.Open(f.Dir)
}

// shipped is the folder of the model that came with the program: others may have its name. Where it is not there, the name.
func shipped(studio *app.Studio) string {
	for _, m := range studio.Models {
		if m.Shipped && m.Name == models.DefaultName {
			return m.Dir
		}
	}
	return models.DefaultName
}

// catalogue is the models that came with the program, and those fetched into the data folder.
func catalogue() models.Catalogue {
	c := models.Shipped()
	if dir, err := home(); err == nil {
		c.Store = filepath.Join(dir, "models")
		c.Roots = append(c.Roots, c.Store)
	}
	return c
}

// known is the catalogue, and what the artist added in the window: models, and folders whose models are all listed.
func known(kept *folders) models.Catalogue {
	c := catalogue()
	if dir, err := home(); err == nil {
		c.Added = func() []string {
			folders, _ := app.Linked(dir)
			return folders
		}
		c.Further = func(name string) []string { return kept.named(roots(), name) }
	}
	return c
}

// roots are the folders whose models are all listed.
func roots() []string {
	dir, err := home()
	if err != nil {
		return nil
	}
	_, roots := app.Linked(dir)
	return roots
}

func describe(f models.Folder) app.ModelInfo {
	w, h := f.Resolution()
	usual := f.Usual()
	m := app.ModelInfo{Name: f.Name, Dir: f.Dir, Licence: f.Licence, Bytes: f.Bytes, Kind: f.Kind(), Width: w, Height: h, Memory: f.Memory(), Refiner: f.Refiner(),
		Steps: usual.Steps, Guidance: usual.Guidance, BestOf: usual.BestOf, Verifier: f.Verifier != nil, Draft: f.DraftSteps(), Opacity: f.Opacity()}
	m.Fetched = filepath.Dir(f.Dir) == catalogue().Store
	for _, root := range models.Shipped().Roots {
		m.Shipped = m.Shipped || filepath.Dir(f.Dir) == root
	}
	return m
}

// readModel describes a model; a checkpoint that lacks parts is one, since these can be given.
func readModel(dir string) (app.ModelInfo, error) {
	f, err := models.Read(dir)
	if lacks := (models.Lacking)(nil); errors.As(err, &lacks) {
		if c := listing.Read(dir); c.Lacks != "" {
			m := listed(c)
			m.Fetched = filepath.Dir(dir) == catalogue().Store
			return m, nil
		}
	}
	return describe(f), err
}

// load opens a model for the studio.
func (l *lazyRuntime) load(ctx context.Context, of app.ModelInfo) (app.Generator, error) {
	f, err := readWith(of)
	if err != nil {
		return nil, err
	}
	m, err := l.open(ctx, f, cli.OpenOptions{Device: of.On.Device, Threads: of.On.Threads, Found: true})
	if err != nil {
		return nil, err
	}
	return generator{m}, nil
}

// generator is an opened model as the studio wants it.
type generator struct{ *cli.Opened }

// What the studio asks for without being able to say so in a type is there: a misspelt method would be a feature lost.
var _ worker.Complete = generator{}

// What the engine itself has of it.
var _ interface {
	worker.StepDecoder
	worker.Searcher
	worker.Warmer
	worker.Counter
	worker.Noiser
	worker.Planner
	worker.XRayer
} = (*engine.Model)(nil)

// Described is what computes, for recipes.
func (g generator) Described() string { return "ONNX Runtime " + g.Runtime + ", " + g.Device }

// Place is the device that the model runs on, and notices where that differs from what was asked.
func (g generator) Place() (string, []fault.Notice) { return g.Device, g.Notices }

// Noticed is what has come up since the last call.
func (g generator) Noticed() []fault.Notice {
	if g.Late == nil {
		return nil
	}
	return g.Late()
}

// Close frees the model's sessions.
func (g generator) Close() error { return g.Opened.Close() }
