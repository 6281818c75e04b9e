package work

import (
	"errors"
	"image"
	"testing"

	"nirvana/engine"
	"nirvana/engine/fault"
)

// What a model needs and an order has not is the client's error, in words that a client understands; other errors stay.
func TestWanting(t *testing.T) {
	needs, broken := fault.NeedsInput.Errorf("put one under the frame first"), errors.New("broken")
	picture, mask := image.NewRGBA(image.Rect(0, 0, 8, 8)), image.NewGray(image.Rect(0, 0, 8, 8))
	repaints := engine.Facts{Name: "fill", Inpaint: true}
	for _, c := range []struct {
		order Order
		err   error
		field string
	}{
		{Order{}, needs, "image"}, {Order{Init: picture}, needs, "mask"}, {Order{Init: picture, Mask: mask}, needs, "image"}, {Order{}, broken, ""}, {Order{}, nil, ""},
	} {
		got := c.order.wanting(repaints, c.err)
		var wrong *Invalid
		if errors.As(got, &wrong) != (c.field != "") || c.field == "" && got != c.err || wrong != nil && wrong.Field != c.field {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
