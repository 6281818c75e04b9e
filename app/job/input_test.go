package job

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"path/filepath"
	"reflect"
	"testing"

	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// kept is blobs in memory.
type kept map[string]any

func (k kept) Color(img *image.RGBA, _ *error) string {
	if img == nil {
		return ""
	}
	name := fmt.Sprint(len(k))
	k[name] = img
	return name
}

func (k kept) Grey(img *image.Gray, _ *error) string {
	if img == nil {
		return ""
	}
	name := fmt.Sprint(len(k))
	k[name] = img
	return name
}

func (k kept) LoadColor(name string, _ *error) *image.RGBA {
	img, _ := k[name].(*image.RGBA)
	return img
}
func (k kept) LoadGrey(name string, _ *error) *image.Gray {
	img, _ := k[name].(*image.Gray)
	return img
}

// again writes a job down and reads it.
func again(t *testing.T, j Job) Job {
	t.Helper()
	blobs, err := kept{}, error(nil)
	data, broken := json.Marshal(j.Save(blobs, &err))
	var s Saved
	if broken == nil {
		broken = json.Unmarshal(data, &s)
	}
	out := s.Restore(blobs, &err)
	if err != nil || broken != nil {
		t.Fatal(err, broken)
	}
	return out
}

// What is not worked out is written down as it is, and comes out the same: a mended seam, and an enlargement.
func TestInputsAreKept(t *testing.T) {
	frame := image.Rect(0, 0, 64, 32)
	picture, edge := image.NewRGBA(frame), image.NewGray(frame)
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i * 7)
		picture.Pix[i|3] = 255
	}
	draw.Draw(edge, image.Rect(20, 0, 64, 32), image.White, image.Point{}, draw.Src)
	seam := Job{Mode: task.Inpaint, Frame: frame, Edge: edge, Was: picture, Base: picture, Mask: edge, Onto: edge, Feather: 6}
	seam.Request.Width, seam.Request.Height, seam.Request.Strength = 32, 16, 0.35
	seam.Then(Input{Kind: Seam, Overlap: 12})
	whole := Job{Mode: task.ImageToImage, Frame: image.Rect(0, 0, 128, 64), Replaces: true}
	whole.Request.Width, whole.Request.Height = 128, 64
	whole.Then(Input{Kind: Whole, Picture: func() *image.RGBA { return picture }})
	for _, j := range []Job{seam, whole} {
		r := again(t, j)
		if j.Ready() || r.Ready() || r.Check() != nil {
			t.Fatalf("worked out %v and %v, %v", j.Ready(), r.Ready(), r.Check())
		}
		want, err := j.Prepared()
		twice := again(t, r)
		got, broken := twice.Prepared() // an unprepared one is written down again
		if err != nil || broken != nil {
			t.Fatal(err, broken)
		}
		if got.Request.Init == nil || !reflect.DeepEqual(got.Request.Init, want.Request.Init) || !reflect.DeepEqual(got.Request.Mask, want.Request.Mask) || !reflect.DeepEqual(got.Mask, want.Mask) {
			t.Error("another run came back")
		}
		if s := j.Save(kept{}, &err); s.Later != nil || s.Init == "" {
			t.Error("what is worked out is written down as if it were not")
		}
	}
}

// A new thing that ends in a line at the old border of an outpaint makes that border the one that is told and mended: the
// thing's end is taken back and drawn again, and what was kept stays.
func TestOldBorder(t *testing.T) {
	frame := image.Rect(0, 0, 256, 128)
	j := Job{Mode: task.Outpaint, Frame: frame, Feather: 8}
	j.Request.Width, j.Request.Height, j.Request.Strength = 256, 128, 0.95
	base := image.NewRGBA(image.Rect(0, 0, 128, 128))
	draw.Draw(base, base.Rect, image.White, image.Point{}, draw.Src)
	j.Then(Input{Kind: Ground, Picture: func() *image.RGBA { return base }, Grey: image.NewGray(frame), Overlap: 16})
	p, err := j.Prepared()
	if err != nil || p.Holes == nil || p.Holes.GrayAt(100, 5).Y != 0 || p.Holes.GrayAt(140, 5).Y != 255 {
		t.Fatalf("the old border is not known: %v, %v", p.Holes == nil, err)
	}
	made := image.NewRGBA(frame)
	draw.Draw(made, frame, image.White, image.Point{}, draw.Src)
	thing := image.Rect(112, 30, 190, 100)
	draw.Draw(made, thing, image.NewUniform(color.RGBA{220, 30, 30, 255}), image.Point{}, draw.Src)
	r := p.Finish(made, false)
	boundary, old := p.seams(r.Picture)
	if r.Seam != max(boundary, old) {
		t.Errorf("%g is told of %g and %g", r.Seam, boundary, old)
	}
	hard := image.NewRGBA(frame) // without the fade
	draw.Draw(hard, frame, made, image.Point{}, draw.Src)
	draw.Draw(hard, image.Rect(112, 0, 128, 128), image.White, image.Point{}, draw.Src)
	fix := p
	fix.Edge, fix.Was = p.Boundary()
	fix.Base, fix.Onto, fix.Later = hard, r.Alpha, nil
	fix.Request.Strength = 0.35
	fix.Then(Input{Kind: Seam, Overlap: 12})
	again := again(t, fix)
	for _, f := range []*Job{&fix, &again} {
		got, err := f.Prepared()
		if err != nil || got.Request.Strength != redrawn || got.Recipe.Strength != redrawn {
			t.Fatal(err, got.Request.Strength)
		}
		if b, o := fix.seams(hard); o <= b {
			t.Fatalf("the old border is %g and the other %g", o, b)
		}
		if got.Mask.GrayAt(128, 60).Y != 255 || got.Mask.GrayAt(160, 60).Y != 255 || got.Mask.GrayAt(60, 60).Y != 0 || got.Mask.GrayAt(250, 60).Y != 0 {
			t.Error("another border is mended")
		}
	}
}

// Regions get their masks from files, cut to the frame where they have the document's size; one whose file is gone is left
// out and told. They are written down and come back.
func TestRegionInputs(t *testing.T) {
	mask := image.NewGray(image.Rect(0, 0, 64, 32))
	draw.Draw(mask, image.Rect(32, 0, 64, 32), image.White, image.Point{}, draw.Src)
	file := filepath.Join(t.TempDir(), "region.png")
	if err := pixel.Save(file, mask); err != nil {
		t.Fatal(err)
	}
	j := Job{Mode: task.TextToImage, Frame: image.Rect(16, 0, 48, 32)}
	j.Request.Width, j.Request.Height = 32, 32
	j.Request.Regions = []engine.Region{{Prompt: "gone"}, {Prompt: "a cat", Weight: 2}}
	j.Then(Input{Kind: Region, File: file + "x", Size: image.Pt(64, 32)})
	j.Then(Input{Kind: Region, File: file, Size: image.Pt(64, 32), Region: 1})
	for _, one := range []Job{j, again(t, j)} {
		p, err := one.Prepared()
		if err != nil || len(p.Request.Regions) != 1 || p.Request.Regions[0].Prompt != "a cat" || len(one.Lost()) != 1 {
			t.Fatalf("%+v, %v, lost %v", p.Request.Regions, err, one.Lost())
		}
		m := p.Request.Regions[0].Mask
		if m.Rect != image.Rect(0, 0, 32, 32) || m.GrayAt(10, 5).Y != 0 || m.GrayAt(20, 5).Y != 255 {
			t.Errorf("its mask is %v", m.Rect)
		}
		p.Remember()
		if r := p.Recipe.Regions; len(r) != 1 || r[0].Prompt != "a cat" || len(r[0].Mask) == 0 {
			t.Errorf("the recipe has %+v", r)
		}
		if back := again(t, p); len(back.Request.Regions) != 1 || !reflect.DeepEqual(back.Request.Regions[0], p.Request.Regions[0]) {
			t.Errorf("written down it is %+v", back.Request.Regions)
		}
	}
	if j.Request.Regions[1].Mask != nil {
		t.Error("the queued request was written to")
	}
}

// A seam over a ground that is transparent begins from no black: from white where the picture was cut out, else from the
// colours around.
func TestSeamOverTransparentGround(t *testing.T) {
	frame := image.Rect(0, 0, 64, 32)
	picture, edge := image.NewRGBA(frame), image.NewGray(frame)
	draw.Draw(picture, image.Rect(10, 0, 50, 32), image.NewUniform(color.RGBA{200, 100, 50, 255}), image.Point{}, draw.Src)
	draw.Draw(edge, image.Rect(20, 0, 64, 32), image.White, image.Point{}, draw.Src)
	for cut, want := range map[bool]color.RGBA{true: {255, 255, 255, 255}, false: {200, 100, 50, 255}} {
		j := Job{Mode: task.Inpaint, Frame: frame, Edge: edge, Was: picture, Base: picture, Mask: edge, Onto: edge}
		j.Request.Width, j.Request.Height, j.Request.CutOut = 64, 32, cut
		j.Then(Input{Kind: Seam, Overlap: 4})
		got, err := j.Prepared()
		if err != nil {
			t.Fatal(err)
		}
		if c := got.Request.Init.RGBAAt(60, 16); max(int(c.R)-int(want.R), int(want.R)-int(c.R)) > 3 || c.A != 255 {
			t.Errorf("cut out %v: the ground is %v, want about %v", cut, c, want)
		}
	}
}

// What cannot be worked out fails its run and not the writing of all others; a file that is gone is told of.
func TestBrokenInputs(t *testing.T) {
	var err error
	j := Job{Mode: task.ImageToImage, Frame: image.Rect(0, 0, 8, 8)}
	j.Request.Width, j.Request.Height = 8, 8
	j.Then(Input{Kind: "a newer program's"})
	if _, broken := j.Prepared(); broken == nil {
		t.Error("an unknown input was worked out")
	}
	if s := j.Save(kept{}, &err); err != nil || len(s.Later) != 1 {
		t.Errorf("%v, %d inputs", err, len(s.Later))
	}
	r := again(t, Job{Mode: task.TextToImage, Frame: image.Rect(0, 0, 8, 8), Request: j.Request, Later: &Later{work: []Input{{Kind: Guide, File: t.TempDir() + "/gone.png"}}}})
	if p, err := r.Prepared(); err != nil || len(p.Request.Control) != 0 || len(r.Lost()) != 1 {
		t.Errorf("%v, %d ControlNets, %d told of", err, len(p.Request.Control), len(r.Lost()))
	}
	small := Job{Mode: task.ImageToImage, Frame: image.Rect(0, 0, 8, 8)}
	small.Then(Input{Kind: Whole, Picture: func() *image.RGBA { return image.NewRGBA(small.Frame) }})
	r = again(t, small) // of no size
	if _, err := r.Prepared(); err == nil {
		t.Error("what came back was not held against the job")
	}
}
