package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/app/grid"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/pixel"
	"nirvana/models"
)

// readGrid reads --grid before a model is loaded.
func (o *options) readGrid() error {
	if len(o.grid) == 0 {
		return nil
	}
	for name, set := range map[string]bool{"count": o.count > 1, "best-of": o.bestOf > 1, "trace": o.traceDir != "", "from-step": o.set["from-step"], "from": o.set["from"]} {
		if set {
			return wrong("--grid makes a picture for each place: leave --%s out", name)
		}
	}
	var err error
	if o.plot, err = grid.Parse(o.grid...); err != nil {
		return wrong("--grid: %v", err)
	}
	return nil
}

// cell is one cell of a grid: its request, and the file of its picture.
type cell struct {
	at      [3]int
	request engine.Request
	file    string
}

// gridPictures generates a grid: each cell's picture into a folder next to --out, except those that are there already,
// then one picture of all.
func (o *options) gridPictures(ctx context.Context, env Env, m *Opened, f models.Folder, j *job) error {
	cells, err := o.cells(m.Facts(), m, j)
	if err != nil {
		return err
	}
	all := gridModels{o: o, env: env, opened: m, folder: f}
	defer all.close()
	if err := all.check(cells); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(cells[0].file), 0o755); err != nil {
		return fmt.Errorf("making a folder for the grid's pictures: %w", err)
	}
	o.count = len(cells) // for the progress
	pictures := map[[3]int]*image.RGBA{}
	for i, c := range cells {
		m, f, err := all.open(ctx, o.plot.Model(c.at))
		if err != nil {
			return fmt.Errorf("--grid: %s: %w", o.label(c.at), err)
		}
		task.ApplyModelOptions(&c.request, m.Facts(), o.second != nil)
		one := *j
		one.request = c.request
		o.place = &recipe.Grid{Axes: o.plot.Texts(), At: c.at[:len(o.plot.Axes)]}
		if pictures[c.at] = o.made(env, m, f, &one, c); pictures[c.at] != nil {
			continue
		}
		o.expect(env, m, requests(o.ofModel(c, cells[i+1:])))
		if err := o.paint(ctx, env, m, f, &one, c.request, i, c.file); err != nil {
			return fmt.Errorf("place %s of the grid: %w", filepath.Base(c.file), err)
		}
		if pictures[c.at], err = pixel.Load(c.file); err != nil {
			return err
		}
	}
	return o.saveGrid(env, m, f, j, pictures)
}

// gridModels are the models of a grid, of which one is open besides the run's own.
type gridModels struct {
	o      *options
	env    Env
	opened *Opened // the run's own
	folder models.Folder
	name   string // the other that is open; "": none
	other  *Opened
	its    models.Folder
}

// check looks whether all models are there before the first picture is made.
func (g *gridModels) check(cells []cell) error {
	for _, c := range cells {
		if name := g.o.plot.Model(c.at); name != "" {
			if _, err := g.env.Catalogue.Find(name); err != nil {
				return fmt.Errorf("--grid: %s: %w", g.o.label(c.at), err)
			}
		}
	}
	return nil
}

// open is the model of a name; "" is the run's own.
func (g *gridModels) open(ctx context.Context, name string) (*Opened, models.Folder, error) {
	if name == "" {
		return g.opened, g.folder, nil
	}
	if name == g.name {
		return g.other, g.its, nil
	}
	f, err := g.env.Catalogue.Find(name)
	if err != nil {
		return nil, f, err
	}
	if f.Dir == g.folder.Dir {
		return g.opened, g.folder, nil
	}
	g.close()
	options, err := g.o.openOptions()
	if err != nil {
		return nil, f, err
	}
	m, err := g.env.Open(ctx, f, options)
	if err == nil {
		g.name, g.other, g.its = name, m, f
	}
	return m, f, err
}

// close closes the other model.
func (g *gridModels) close() {
	if g.other != nil {
		g.other.Close()
		g.name, g.other = "", nil
	}
}

// ofModel are the cells that the model of one makes.
func (o *options) ofModel(c cell, all []cell) []cell {
	return slices.DeleteFunc(slices.Clone(all), func(other cell) bool { return o.plot.Model(other.at) != o.plot.Model(c.at) })
}

// cells are all cells. An error in one of them is reported before the first is run.
func (o *options) cells(f engine.Facts, m *Opened, j *job) ([]cell, error) {
	folder := strings.TrimSuffix(o.out, filepath.Ext(o.out)) + "-grid"
	var all []cell
	for _, at := range o.plot.Places() {
		q := j.request
		if err := o.plot.Change(&q, at); err != nil {
			return nil, fmt.Errorf("--grid: %w", err)
		}
		task.ApplyModelOptions(&q, f, o.second != nil)
		if o.plot.Model(at) != "" { // what only some models have would differ, too
			q.Draft, q.CutOut = false, false
		}
		if q.Draft && f.Draft.Steps > 0 {
			q = f.Draft.Of(q)
		}
		if _, _, _, _, err := m.Plan(q); err != nil {
			return nil, fmt.Errorf("--grid: %s: %w", o.label(at), err)
		}
		all = append(all, cell{at, q, filepath.Join(folder, fmt.Sprintf("%d-%d-%d.png", at[0]+1, at[1]+1, at[2]+1))})
	}
	return all, nil
}

// requests are those of places.
func requests(cells []cell) (out []engine.Request) {
	for _, c := range cells {
		out = append(out, c.request)
	}
	return out
}

// label describes a cell.
func (o *options) label(at [3]int) string {
	var out []string
	for i, a := range o.plot.Axes {
		out = append(out, a.Label(at[i]))
	}
	return strings.Join(out, ", ")
}

// made is a cell's picture that is there already, by its recipe; nil if it is to be made, as one is whose file is broken.
func (o *options) made(env Env, m *Opened, f models.Folder, j *job, c cell) *image.RGBA {
	if _, err := os.Stat(c.file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	found, err := recipe.ReadFile(c.file)
	if err != nil || o.fromFiles(env.Home, &j.request) != nil {
		return nil
	}
	want, err := o.recipe(env, m, f, j, j.request, 0)
	if err != nil || !samePicture(found.Recipe, want) {
		return nil
	}
	img, err := pixel.Load(c.file)
	if err != nil {
		return nil
	}
	return img
}

// samePicture reports whether two recipes make the same picture.
func samePicture(was, want recipe.Recipe) bool {
	return recipe.Same(was, want) && was.ModelHash == want.ModelHash && maps.Equal(was.Pictures, want.Pictures) && slices.Equal(was.LoRAs, want.LoRAs) && slices.Equal(was.Embeddings, want.Embeddings)
}

// saveGrid writes the labelled picture, with the recipe that all cells share.
func (o *options) saveGrid(env Env, m *Opened, f models.Folder, j *job, pictures map[[3]int]*image.RGBA) error {
	whole, err := o.plot.Draw(pictures, nil)
	if err != nil {
		return err
	}
	o.place = &recipe.Grid{Axes: o.plot.Texts()}
	rec, err := o.recipe(env, m, f, j, j.request, 0)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, whole); err != nil {
		return fmt.Errorf("encoding %s: %w", o.out, err)
	}
	data, err := recipe.Embed(buf.Bytes(), rec)
	if err != nil {
		return err
	}
	return pixel.WriteFile(o.out, data)
}
