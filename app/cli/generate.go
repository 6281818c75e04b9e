package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/wholefile"
	"nirvana/models"
)

// generate is `nirvana generate`: pictures from flags, one run a picture.
func generate(ctx context.Context, env Env, args []string) error {
	o, err := parse(args, env.Out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := writable(o.fileName(0)); err != nil {
		return err
	}
	if err := o.partsFrom(ctx, env); err != nil {
		return err
	}
	o.printLost(env)
	if _, _, err := o.enlargement(); err != nil {
		return err
	}
	if err := o.enlarging(env); err != nil {
		return err
	}
	if err := o.style(env.Home); err != nil {
		return err
	}
	j, err := o.job()
	if err != nil {
		return err
	}
	if o.enlarges() && o.refine == 0 {
		return o.enlargeAlone(ctx, env, j)
	}
	folder, err := o.folder(env.Catalogue)
	if err != nil {
		return err
	}
	open, err := o.openOptions()
	if err != nil {
		return err
	}
	controls, err := o.controlNets(&folder)
	if err != nil {
		return err
	}
	m, err := env.Open(ctx, folder, open)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := o.openRefiner(ctx, env, open); err != nil {
		return err
	}
	if o.second != nil {
		defer o.second.Close()
	}
	notices := append(j.notices, m.Notices...)
	tell := func() {
		for _, n := range notices {
			fmt.Fprintln(env.Err, "nirvana generate:", line(n.String()))
		}
	}
	tell()
	if err := o.setClass(env, m.Facts(), &j.request); err != nil {
		return err
	}
	if err := o.controlPictures(controls, m.Facts(), &j.request); err != nil {
		return err
	}
	if err := o.cutOut(j, m.Facts()); err != nil {
		return err
	}
	o.fit(j, max(m.Facts().Multiple, 1))
	task.ApplyModelOptions(&j.request, m.Facts(), o.second != nil)
	if draft := m.Facts().Draft; j.request.Draft && draft.Steps > 0 {
		j.request = draft.Of(j.request)
	}
	if err := o.addChanges(ctx, m, j); err != nil {
		return err
	}
	if err := o.enlargeInit(ctx, env, j); err != nil {
		return err
	}
	if len(o.plot.Axes) > 0 {
		err := o.gridPictures(ctx, env, m, folder, j)
		if m.Late != nil {
			notices = m.Late()
			tell()
		}
		return err
	}
	for i := 0; i < o.count; i++ {
		draw := o.picture
		if o.bestOf > 1 {
			draw = o.search
		}
		err := draw(ctx, env, m, folder, j, i)
		if m.Late != nil {
			notices = m.Late()
			tell()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writable refuses an output that could not be written before minutes are spent on it.
func writable(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("the folder of --out %s is not there: make it, or choose another", path)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a folder: choose another --out", dir)
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return fmt.Errorf("--out %s is a folder: give a file name", path)
	}
	f, err := wholefile.Create(dir, wholefile.Shared)
	if err != nil {
		return fmt.Errorf("%s cannot be written to: choose another folder for --out (%w)", dir, err)
	}
	return f.Close()
}

func (o *options) openOptions() (OpenOptions, error) {
	out := OpenOptions{Device: o.device, Threads: o.threads, Found: true}
	for _, e := range o.embeddings {
		out.Embeddings = append(out.Embeddings, Embedding{File: e})
	}
	for _, l := range o.loras {
		file, weight, err := weighted(l)
		if err != nil {
			return out, wrong("--lora %q: %v", l, err)
		}
		out.LoRAs = append(out.LoRAs, Weighted{file, weight})
	}
	return out, nil
}

// weighted splits FILE:WEIGHT; without a weight it is 1.
func weighted(s string) (string, float32, error) {
	i := strings.LastIndexByte(s, ':')
	if i < 2 {
		return s, 1, nil
	}
	w, err := strconv.ParseFloat(s[i+1:], 32)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not a number; write FILE:0.7", s[i+1:])
	}
	return s[:i], float32(w), nil
}

// picture runs the i-th picture and writes it.
func (o *options) picture(ctx context.Context, env Env, m *Opened, f models.Folder, j *job, i int) error {
	o.expect(env, m, o.numbered(j.request, i+1))
	r := j.request
	r.Seed += uint64(i)
	return o.paint(ctx, env, m, f, j, r, i, o.fileName(i))
}

// paint runs a request, the i-th, and writes its picture into a file.
func (o *options) paint(ctx context.Context, env Env, m *Opened, f models.Folder, j *job, r engine.Request, i int, path string) error {
	if err := o.fromFiles(env.Home, &r); err != nil {
		return err
	}
	dir := o.traceDir
	if dir != "" && o.count > 1 {
		dir = filepath.Join(dir, fmt.Sprintf("%03d", i+1))
	}
	t, err := newTrace(dir, o.states)
	if err != nil {
		return err
	}
	at, err := o.resume(&r)
	if err != nil {
		return err
	}
	start := time.Now()
	var made *image.RGBA
	var trail recipe.Trail
	for s, err := range o.run(ctx, m, o.begun(m, j, r)) {
		if err != nil {
			return err
		}
		if err := t.add(s); err != nil {
			return err
		}
		trail.Add(s)
		o.report(env, i, s, start)
		if s.Pictures != nil {
			made = s.Pictures[0]
		}
	}
	if err := t.close(); err != nil {
		return err
	}
	if o.used != nil {
		trail.Since(*o.used, at)
	}
	if made == nil {
		return fmt.Errorf("the run gave no picture")
	}
	return o.save(ctx, env, m, f, j, r, made, path, time.Since(start), trail)
}

// report writes progress, an object a line, when asked for.
func (o *options) report(env Env, picture int, s engine.Step, start time.Time) {
	if o.progress != "json" {
		return
	}
	data, err := json.Marshal(map[string]any{"picture": picture + 1, "of_pictures": o.count, "step": s.Index, "of": s.Of,
		"timestep": s.Timestep, "sigma": s.Sigma, "seconds": time.Since(start).Seconds(), "done": s.Pictures != nil})
	if err == nil {
		fmt.Fprintln(env.Out, string(data))
	}
}
