package job

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"nirvana/app/task"
	"nirvana/engine/pixel"
)

// Where something new ends at the old border in a line, it is taken back and drawn again; the end of a thing that was kept
// and reaches a little way in is not cut off for that.
func TestMendLeavesEnds(t *testing.T) {
	r := image.Rect(0, 0, 256, 256)
	base := image.NewRGBA(r)
	draw.Draw(base, r, image.White, image.Point{}, draw.Src)
	put := func(at image.Rectangle, c color.RGBA) {
		draw.Draw(base, at, image.NewUniform(c), image.Point{}, draw.Src)
	}
	trunk, tip := image.Rect(105, 40, 150, 118), image.Rect(105, 112, 150, 118)
	put(image.Rect(40, 121, 215, 210), color.RGBA{90, 150, 60, 255}) // the crown of another tree
	put(image.Rect(40, 118, 215, 121), color.RGBA{206, 218, 200, 255})
	put(trunk, color.RGBA{110, 20, 5, 255})
	j := &Job{Mode: task.Outpaint, Base: base, Frame: r,
		Edge: pixel.Rectangle(r, image.Rect(0, 112, 256, 256)), Holes: pixel.Rectangle(r, image.Rect(0, 128, 256, 256))}
	j.mend(12)
	if j.Mask == nil || j.Request.Strength != redrawn {
		t.Fatal("what ends in a line is not drawn again")
	}
	for y := range 256 {
		for x := range 256 {
			p, masked := image.Pt(x, y), j.Mask.GrayAt(x, y).Y > 0
			switch {
			case y < 112 && masked:
				t.Fatalf("what was kept is painted again at %v", p)
			case p.In(tip) && masked:
				t.Fatalf("the end of the trunk is painted again at %v", p)
			case p.In(image.Rect(60, 124, 100, 140)) && !masked:
				t.Fatalf("the crown's end is left at %v", p)
			}
		}
	}
}
