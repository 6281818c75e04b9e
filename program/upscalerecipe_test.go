//go:build migrated_fynedo

package program

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nirvana/app"
	"nirvana/app/cli"
	"nirvana/app/recipe"
	"nirvana/engine/pixel"
)

// between is a studio and a command line with the same data folder, model and upscaler.
type between struct {
	*atelier
	model, home, dir string
	rt               *lazyRuntime // a process has one
}

func openBetween(t *testing.T) *between {
	t.Helper()
	b := &between{model: filepath.Join(recordedModels(t), "sd1"), home: t.TempDir(), dir: t.TempDir(), rt: &lazyRuntime{}}
	t.Setenv("NIRVANA_HOME", b.home)
	if err := os.MkdirAll(filepath.Join(b.home, "upscalers"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(b.home, "upscalers", "soft.safetensors")
	copyTo(t, recorded+"/upscaler/esrgan-x2.safetensors", file)
	info, err := readModel(b.model)
	if err != nil {
		t.Fatal(err)
	}
	a := &atelier{t: t, posted: make(chan func(), 1<<16)}
	b.atelier = a
	a.Studio, err = app.New(app.Options{Post: func(f func()) { a.posted <- f }, Home: b.home, Load: b.rt.load, Upscaler: b.rt.upscalerOn, Models: []app.ModelInfo{info}, Draw: func() uint64 { return 1 },
		Parts: func(context.Context, string, []string) app.Parts {
			return app.Parts{Upscalers: []app.Part{{Name: "soft", Path: file, Scale: 2}}}
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		b.rt.close()
	})
	a.Open(info.Name)
	b.until("the model is open", func() bool { return a.Facts.Name != "" && len(a.Parts.Upscalers) == 1 })
	a.Set(func(s *app.Settings) {
		s.Prompt, s.Seed, s.Locked, s.Steps, s.BestOf = "a red fox", 5, true, 3, 1
	})
	return b
}

func (b *between) until(what string, done func() bool) {
	b.t.Helper()
	for end := time.After(time.Minute); !done(); {
		select {
		case f := <-b.posted:
			f()
		case <-end:
			b.t.Fatalf("not reached: %s; %+v", what, b.Notice)
		}
	}
}

// enlarged is the shown picture, enlarged.
func (b *between) enlarged(factor, refine float32) *app.Candidate {
	b.t.Helper()
	if !b.UpscaleWith(app.Enlarge{File: b.Parts.Upscalers[0].Path, Factor: factor, Refine: refine}) {
		b.t.Fatalf("%+v", b.Notice)
	}
	return b.wait()
}

// file is a picture with its recipe.
func (b *between) file(name string, img *image.RGBA, r recipe.Recipe) string {
	b.t.Helper()
	var buf bytes.Buffer
	err := png.Encode(&buf, img)
	data, path := buf.Bytes(), filepath.Join(b.dir, name)
	if err == nil && r.Mode != "" {
		data, err = recipe.Embed(data, r)
	}
	if err == nil {
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return path
}

// run is the command line, with a data folder or "".
func (b *between) run(home string, want int, args ...string) string {
	b.t.Helper()
	var said bytes.Buffer
	kept := openFolders("")
	env := cli.Env{Out: &said, Err: &said, Open: b.rt.open, Upscaler: b.rt.upscaler, Catalogue: known(kept), Listing: kept.cache, Home: home}
	if code := cli.Run(b.t.Context(), env, append([]string{"generate"}, args...)); code != want {
		b.t.Fatalf("%q: %d, %s", args, code, &said)
	}
	return said.String()
}

// The command line makes again what the window enlarged: the picture that the recipe makes, or the one that is named by its
// hash, from --init or from the history; refined where the recipe says so.
func TestUpscaleRecipesOfTheWindow(t *testing.T) {
	b := openBetween(t)
	out := filepath.Join(b.dir, "out.png")
	first := b.make()
	refined := b.enlarged(2, 0.5)
	b.Tray.Select(0)
	exact := b.enlarged(3, 0)
	b.Tray.Keep()
	before := b.Document.Picture
	alone := b.enlarged(1.5, 0)
	if refined.Recipe.Mode != recipe.Upscaled || exact.Recipe.Mode == recipe.Upscaled || alone.Recipe.Mode != recipe.Upscaled {
		t.Fatalf("the modes are %q, %q, %q", refined.Recipe.Mode, exact.Recipe.Mode, alone.Recipe.Mode)
	}
	small, large := b.file("small.png", first.Picture, recipe.Recipe{}), b.file("large.png", before, recipe.Recipe{})
	other := image.NewRGBA(first.Picture.Rect)
	side := other.Rect.Dx()
	for i := range side * other.Rect.Dy() {
		other.SetRGBA(i%side, i/side, color.RGBA{uint8(i), 90, 20, 255})
	}
	for _, c := range []struct {
		name  string
		want  *app.Candidate
		flags []string
		says  string
	}{
		{"exact.png", exact, []string{"--model", b.model}, "identical\n"},
		{"alone.png", alone, nil, "identical\n"},
		{"alone.png", alone, []string{"--init", large}, "identical\n"},
		{"refined.png", refined, []string{"--model", b.model}, "identical\n"},
		{"refined.png", refined, []string{"--model", b.model, "--init", small}, "identical\n"},
		{"refined.png", nil, []string{"--model", b.model, "--init", b.file("other.png", other, recipe.Recipe{})}, "differs from step 0: --init is another picture than the recipe's\n"},
		{"alone.png", nil, []string{"--init", small}, ""},
	} {
		made := map[string]*app.Candidate{"exact.png": exact, "alone.png": alone, "refined.png": refined}[c.name]
		file := b.file(c.name, made.Picture, made.Recipe)
		said := b.run(b.home, cli.Done, append([]string{"--recipe", file, "--out", out}, c.flags...)...)
		if !strings.HasSuffix(said, c.says) {
			t.Errorf("%s %q: it says %q", c.name, c.flags, said)
		}
		got, err := pixel.Load(out)
		if err != nil {
			t.Fatal(err)
		}
		if same := bytes.Equal(got.Pix, made.Picture.Pix); same != (c.want != nil) {
			t.Errorf("%s %q: the same picture %v", c.name, c.flags, same)
		}
	}
	if r := recipeOf(t, out); r.Mode != recipe.Upscaled || r.Width != side*3/2 || r.Upscale.Of != recipe.Hash(first.Picture.Rect, first.Picture.Pix) || r.Pictures["init"] != r.Upscale.Of {
		t.Errorf("the recipe of another picture says %+v", r)
	}
	lone := filepath.Join(t.TempDir(), "refined.png")
	copyTo(t, filepath.Join(b.dir, "refined.png"), lone)
	with := b.Parts.Upscalers[0].Path + ":2"
	for _, c := range []struct {
		code  int
		says  string
		flags []string
	}{
		{cli.Failed, "give it with --init", []string{"--upscale", with}},
		{cli.Failed, "upscaler soft.safetensors is not here: give it with --upscale FILE\n", []string{"--init", small}},
		{cli.WrongUsage, "leave --upscale \"\" out", []string{"--init", small, "--upscale", ""}},
		{cli.WrongUsage, "--mask does not go", []string{"--init", small, "--upscale", with, "--mask", small}},
	} {
		if said := b.run("", c.code, append([]string{"--recipe", lone, "--model", b.model, "--out", out}, c.flags...)...); !strings.Contains(said, c.says) || strings.Count(said, "\n") != 1 {
			t.Errorf("%q: %s", c.flags, said)
		}
	}
}

// The window makes again what the command line enlarged: it makes the picture before first, which that does not write.
func TestUpscaleRecipesOfTheCommandLine(t *testing.T) {
	b := openBetween(t)
	out := filepath.Join(b.dir, "out.png")
	for name, refine := range map[string][]string{"enlarged": {"--seed", "9"}, "refined": {"--seed", "10", "--refine", "0.5"}} {
		b.run(b.home, cli.Done, append([]string{"--model", b.model, "--prompt", "a blue boat", "--steps", "4", "--size", "48x48", "--upscale", "soft", "--out", out}, refine...)...)
		want, err := pixel.Load(out)
		if err != nil {
			t.Fatal(err)
		}
		r := recipeOf(t, out)
		if u := r.Upscale; u == nil || u.Factor != 2 || u.Of == "" || u.Made != recipe.Hash(want.Rect, want.Pix) {
			t.Fatalf("%s: the recipe says %+v", name, u)
		}
		b.NewDocument()
		b.Set(func(s *app.Settings) { s.Prompt, s.Seed, s.Steps = "something else", 1, 2 })
		b.MakeAgain(r)
		b.until("both pictures", func() bool { return len(b.Tray.Candidates) == 2 && !b.Run().Active() })
		got := b.Tray.Current()
		if !bytes.Equal(got.Picture.Pix, want.Pix) || b.Notice == nil || b.Notice.Headline != "Reproduced exactly, all pixels match" {
			t.Errorf("%s: the same picture %v, %+v", name, bytes.Equal(got.Picture.Pix, want.Pix), b.Notice)
		}
		if before := b.Tray.Candidates[0].Picture; recipe.Hash(before.Rect, before.Pix) != r.Upscale.Of {
			t.Errorf("%s: the picture before has another hash than the recipe's", name)
		}
		again := b.file(name+".png", got.Picture, got.Recipe) // and back
		if said := b.run(b.home, cli.Done, "--recipe", again, "--model", b.model, "--out", out); !strings.HasSuffix(said, "identical\n") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// A picture that was enlarged by interpolation and denoised is made again from the picture before it, which the window finds in
// its history and the command line beside the recipe; without that one line says so.
func TestInterpolatedAgain(t *testing.T) {
	b := openBetween(t)
	out := filepath.Join(b.dir, "out.png")
	first := b.make()
	b.Upscale(2)
	large := b.wait()
	r := large.Recipe
	if !r.Interpolates() || large.Picture.Rect.Dx() != 2*first.Picture.Rect.Dx() || r.Before() != recipe.Hash(first.Picture.Rect, first.Picture.Pix) {
		t.Fatalf("%v, %+v", large.Picture.Rect, r)
	}
	b.Tray.Keep()
	b.NewDocument()
	b.Set(func(s *app.Settings) { s.Prompt, s.Seed, s.Steps = "something else", 1, 2 })
	b.MakeAgain(r)
	b.until("the picture again", func() bool { return len(b.Tray.Candidates) == 1 && !b.Run().Active() })
	if got := b.Tray.Current(); !bytes.Equal(got.Picture.Pix, large.Picture.Pix) || b.Notice == nil || !strings.HasPrefix(b.Notice.Headline, "Reproduced exactly") {
		t.Errorf("the same picture %v, %+v", bytes.Equal(got.Picture.Pix, large.Picture.Pix), b.Notice)
	}
	if b.Settings.Prompt != "something else" {
		t.Error("the panel has the recipe's settings")
	}
	lost := r
	lost.Origin, lost.Pictures = nil, map[string]string{"init": "00"}
	b.MakeAgain(lost)
	b.until("that the picture before is not there", func() bool { return b.Notice.Headline == "This picture began from another one" })

	file := b.file("large.png", large.Picture, r)
	small := b.file("small.png", first.Picture, first.Recipe)
	other := image.NewRGBA(first.Picture.Rect)
	for _, c := range []struct {
		says, home string
		code       int
		same       bool
		flags      []string
	}{
		{"identical\n", b.home, cli.Done, true, nil},
		{"identical\n", "", cli.Done, true, []string{"--init", small}},
		{"--init is another picture than the recipe's\n", "", cli.Done, false, []string{"--init", b.file("other.png", other, recipe.Recipe{})}},
		{"--upscale does not go", "", cli.WrongUsage, false, []string{"--upscale", b.Parts.Upscalers[0].Path}},
		{"--mask does not go", "", cli.WrongUsage, false, []string{"--init", small, "--mask", small}},
	} {
		said := b.run(c.home, c.code, append([]string{"--recipe", file, "--model", b.model, "--out", out}, c.flags...)...)
		if !strings.Contains(said, c.says) {
			t.Errorf("%q: it says %q", c.flags, said)
		}
		if c.code != cli.Done {
			continue
		}
		if got, err := pixel.Load(out); err != nil || bytes.Equal(got.Pix, large.Picture.Pix) != c.same {
			t.Errorf("%q: the same picture %v (%v)", c.flags, !c.same, err)
		}
	}
	lone := filepath.Join(t.TempDir(), "large.png")
	copyTo(t, file, lone)
	if said := b.run("", cli.Failed, "--recipe", lone, "--model", b.model, "--out", out); !strings.Contains(said, "give it with --init") || strings.Count(said, "\n") != 1 {
		t.Errorf("without the picture: %s", said)
	}
}
