package app

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app/project"
	"nirvana/app/task"
)

// project opens the one at path, changed at some places of its JSON, in a studio of its own.
func opened(t *testing.T, path string, change func(js map[string]any)) (*child, error) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy.ora")
	if err := os.WriteFile(copied, data, 0o644); err != nil {
		t.Fatal(err)
	}
	rewritten(t, copied, func(name string, data []byte) []byte {
		if name != project.Own+"project.json" {
			return data
		}
		var js map[string]any
		if err := json.Unmarshal(data, &js); err != nil {
			t.Fatal(err)
		}
		change(js)
		out, err := json.Marshal(js)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}, nil)
	c := studioAt(t, t.TempDir())
	return c, c.OpenProject(copied, false)
}

// within walks into objects and lists of decoded JSON.
func within(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	return v
}

// A result whose job does not fit its pictures is left out and told; nothing of it is run, now or at the next start.
func TestForeignJobs(t *testing.T) {
	a := painted(t)
	path := filepath.Join(t.TempDir(), "a.ora")
	if err := a.save(path); err != nil {
		t.Fatal(err)
	}
	a.Document.LeaveProject()
	a.Settle("")
	job := func(js map[string]any, at ...any) map[string]any {
		return within(js, append([]any{"Tray", "Candidates", 0, "Job"}, at...)...).(map[string]any)
	}
	for name, change := range map[string]func(map[string]any){
		"a high frame":    func(js map[string]any) { job(js, "Frame", "Max")["Y"] = 4611686018427387903 },
		"a far frame":     func(js map[string]any) { job(js, "Frame", "Min")["X"], job(js, "Frame", "Max")["X"] = -1<<40, 64-1<<40 },
		"an empty frame":  func(js map[string]any) { job(js, "Frame", "Max")["Y"] = 0 },
		"a huge size":     func(js map[string]any) { job(js, "Request")["Width"] = 1 << 30 },
		"a negative size": func(js map[string]any) { job(js, "Request")["Height"] = -64 },
		"a mode":          func(js map[string]any) { job(js)["Mode"] = 99 },
		"steps":           func(js map[string]any) { job(js, "Request")["Steps"] = 1 << 40 },
		"a mask of others": func(js map[string]any) {
			job(js)["Mask"], job(js)["Base"] = within(js, "Mask"), within(js, "Document", "Picture")
		},
		"no picture": func(js map[string]any) { job(js)["Mode"] = 1 },
		"a crop":     func(js map[string]any) { job(js, "Request")["CropTopLeft"] = []int{-1 << 62, 1 << 62} },
		"its place": func(js map[string]any) {
			within(js, "Tray", "Candidates", 0, "Frame", "Max").(map[string]any)["X"] = 1 << 50
		},
	} {
		c, err := opened(t, path, change)
		if len(c.Tray.Candidates) > 0 {
			t.Errorf("%s: the candidate was taken (%v)", name, err)
			c.Vary(c.Tray.Candidates[0], 0.1)
			c.until(func() bool { return c.Run() == nil || !c.Run().Active() })
		}
		if c.Document.Picture == nil {
			t.Errorf("%s: the picture did not come back (%v)", name, err)
		}
	}
}

// Paths that a project names are not opened: those of another machine are its own.
func TestForeignPaths(t *testing.T) {
	a := painted(t)
	private := filepath.Join(t.TempDir(), "private.png")
	path := filepath.Join(t.TempDir(), "a.ora")
	if err := a.save(path); err != nil {
		t.Fatal(err)
	}
	a.Document.LeaveProject()
	a.Settle("")
	c, err := opened(t, path, func(js map[string]any) {
		settings := within(js, "Settings").(map[string]any)
		settings["DepthFile"], settings["Refiner"], settings["ModelDir"] = private, "/elsewhere/refiner", "/elsewhere/model"
		settings["Control"] = map[string]any{"Source": "file", "File": private, "Scale": 1, "Until": 1}
		settings["MoreControls"] = []any{map[string]any{"Source": "file", "File": private, "Scale": 1, "Until": 1}}
		within(js, "Tray", "Candidates", 0, "Job", "Model").(map[string]any)["Dir"] = "/elsewhere/model"
		within(js, "Tray", "Candidates", 0, "Job").(map[string]any)["Refiner"] = map[string]any{"Name": "none such", "Dir": "/elsewhere/refiner"}
	})
	if err != nil {
		t.Fatal(err)
	}
	if js, _ := json.Marshal(c.Settings); strings.Contains(string(js), "private.png") || strings.Contains(string(js), "elsewhere") {
		t.Errorf("%s", js)
	}
	if c.Notice == nil || !strings.Contains(c.Notice.Detail, "private.png") {
		t.Errorf("%+v", c.Notice)
	}
	if j := c.Tray.Candidates[0].Job; strings.Contains(j.Model.Dir+j.Refiner.Dir, "elsewhere") {
		t.Errorf("%q %q", j.Model.Dir, j.Refiner.Dir)
	}
	c.Tray.Candidates[0].Job.Model = ModelInfo{Name: "gone"}
	before := c.Notice
	c.Vary(c.Tray.Candidates[0], 0.1)
	if len(c.Queue) > 0 || c.Notice == before {
		t.Error("a model without a folder was run")
	}
}

// Every value of project.json is replaced by what has no place there: all of it is refused, left out or put right.
func TestMutatedProject(t *testing.T) {
	a := painted(t)
	path := filepath.Join(t.TempDir(), "a.ora")
	if err := a.save(path); err != nil {
		t.Fatal(err)
	}
	a.Document.LeaveProject()
	a.Settle("")
	f, err := project.Read(a.options.Disk, path)
	if err != nil {
		t.Fatal(err)
	}
	var js any
	if err := json.Unmarshal(f.Entries["project.json"], &js); err != nil {
		t.Fatal(err)
	}
	c := studioAt(t, t.TempDir())
	n, of := 0, 4
	if testing.Short() {
		of = 16
	}
	mutated(js, func(at string, with any) {
		if n++; n%of != 0 { // a part, and another one every time: maps are walked in any order
			return
		}
		data, err := json.Marshal(js)
		if err != nil {
			return
		}
		f.Entries["project.json"] = data
		defer func() {
			if p := recover(); p != nil {
				t.Fatalf("%s = %v: %v", at, with, p)
			}
		}()
		c.Document.Picture, c.Document.Mask, c.Document.Scribble = nil, nil, nil
		if p := c.Reader().Unpack(path, f); p.Saved != nil {
			c.TakeProject(p)
			c.Settle("")
		}
		if d := c.Document; d.Picture != nil && d.Mask.Rect != d.Picture.Rect || !task.Placed(d.Frame) {
			t.Fatalf("%s = %v: mask and frame do not fit: %v", at, with, d.Frame)
		}
		c.Plan()
		c.Tray.Next()
		c.Shown()
		for _, candidate := range c.Tray.Candidates {
			c.FixSeam(candidate)
			candidate.Job.Finish(plain(64, 64, color.RGBA{1, 2, 3, 255}), false)
			c.Queue = nil
		}
		c.Tray.Keep()
		c.Undo()
	})
	t.Logf("%d values", n)
}

// mutated sets every leaf to something else, calls try, and puts it back.
func mutated(v any, try func(at string, with any)) {
	var walk func(v any, at string)
	visit := func(at string, was any, set func(any)) {
		for _, with := range []any{nil, -1, 0, 1 << 40, 4611686018427387903, -4611686018427387904, 1e300, "", "../../etc/passwd", true, []any{}, map[string]any{}} {
			set(with)
			try(at, with)
		}
		set(was)
	}
	walk = func(v any, at string) {
		switch v := v.(type) {
		case map[string]any:
			for k, w := range v {
				visit(at+"."+k, w, func(x any) { v[k] = x })
				walk(w, at+"."+k)
			}
		case []any:
			for i, w := range v {
				visit(fmt.Sprintf("%s[%d]", at, i), w, func(x any) { v[i] = x })
				walk(w, fmt.Sprintf("%s[%d]", at, i))
			}
		}
	}
	walk(v, "")
}

// A file with a damaged layer opens as its merged picture, and says so.
func TestDamagedLayerOpens(t *testing.T) {
	whole := plain(30, 20, color.RGBA{9, 90, 200, 255})
	png, err := project.PNG(whole)
	if err != nil {
		t.Fatal(err)
	}
	c := studioAt(t, t.TempDir())
	path := filepath.Join(t.TempDir(), "foreign.ora")
	file := &project.File{Width: 30, Height: 20, Merged: whole, Layers: []project.Layer{{Name: "cut", PNG: png[:len(png)-20], Opacity: 1}, {Name: "whole", PNG: png, Opacity: 1, At: image.Pt(3, 3)}}}
	if err := project.Write(c.options.Disk, path, file); err != nil {
		t.Fatal(err)
	}
	if err := c.OpenProject(path, false); err != nil {
		t.Fatal(err)
	}
	if got := c.Document.Picture.RGBAAt(1, 1); got != (color.RGBA{9, 90, 200, 255}) || c.Notice == nil || !strings.Contains(c.Notice.Headline, "foreign.ora") {
		t.Errorf("%v, %+v", got, c.Notice)
	}
}
