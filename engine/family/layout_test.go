package family

import (
	"slices"
	"testing"

	"nirvana/engine/tensor"
)

func TestPackIsUndone(t *testing.T) {
	z := tensor.Zeros(2, 3, 4, 6)
	for i := range z.Data {
		z.Data[i] = float32(i)
	}
	p := Packed{}.Pack(z)
	// token 1 (row 0, column 1), channel 2, dy 1, dx 0: column 4*2+2*1+0
	if got, want := p.Data[1*12+10], z.Data[(2*4+1)*6+2]; got != want {
		t.Errorf("packed value %g, want %g", got, want)
	}
	back := Packed{}.Unpack(p, 4, 6)
	for i := range z.Data {
		if back.Data[i] != z.Data[i] {
			t.Fatalf("value %d: %g after packing and unpacking, want %g", i, back.Data[i], z.Data[i])
		}
	}
	for i := range p.Data { // where a value lies in the plane
		pixel := Packed{}.Pixel(i, p.Shape, 4, 6)
		want := -1
		for k := range z.Data {
			if z.Data[k] == p.Data[i] {
				want = k % 24
			}
		}
		if pixel != want {
			t.Errorf("value %d lies at pixel %d, want %d", i, pixel, want)
		}
	}
}

// A plane that was written down unpacks as its layout does, and knows what does not fit it.
func TestPlane(t *testing.T) {
	z := tensor.Zeros(1, 2, 4, 6)
	for i := range z.Data {
		z.Data[i] = float32(i)
	}
	flux := Traits{Layout: Packed{}}.Plane(4, 6)
	x := Packed{}.Pack(z)
	if got := flux.Unpack(x); !slices.Equal(got.Data, z.Data) || !flux.Fits(x.Shape, 2) || flux.Fits(x.Shape, 3) || flux.Fits(z.Shape, 2) {
		t.Errorf("%+v of %v", flux, x.Shape)
	}
	if usual := (Traits{Layout: Planes{}}).Plane(4, 6); usual.Packed || !usual.Fits(z.Shape, 2) || usual.Fits(x.Shape, 2) {
		t.Errorf("%+v", usual)
	}
}
