package task

import (
	"testing"

	"nirvana/engine"
)

func TestNamesGround(t *testing.T) {
	for _, p := range []string{"a cat on the beach", "two red apples on a wooden table", "a rocket above the moon at night", "house in a green meadow",
		"a red background", "mountain landscape, flat emoji", "Boat against a blue SKY", "owl in the deep dark forest"} {
		if !NamesGround(p) {
			t.Errorf("%q names a ground", p)
		}
	}
	for _, p := range []string{"", "a red heart", "red apple, flat emoji", "house, twemoji style", "the sun", "a cat in a hat", "a cup of water", "an owl, transparent background",
		"an owl without any background", "bird on a branch", "a night owl", "mountain", "a snow globe", "cake with a cherry on top"} {
		if NamesGround(p) {
			t.Errorf("%q names no ground", p)
		}
	}
}

func TestCutsOut(t *testing.T) {
	can, cannot := engine.Facts{Opacity: true}, engine.Facts{}
	heart, beach := engine.Request{Prompt: "a heart"}, engine.Request{Prompt: "a crab on the beach"}
	for i, c := range []struct{ got, want bool }{
		{CutsOut(heart, can, TextToImage, false), true}, {CutsOut(heart, cannot, TextToImage, false), false}, {CutsOut(beach, can, TextToImage, false), false},
		{CutsOut(heart, can, ImageToImage, false), false}, {CutsOut(heart, can, ImageToImage, true), true},
		{CutsOut(heart, can, Inpaint, true), true}, {CutsOut(heart, can, Outpaint, true), true}, {CutsOut(heart, can, Outpaint, false), false}, {CutsOut(beach, can, Inpaint, true), false}} {
		if c.got != c.want {
			t.Errorf("case %d: %v", i, c.got)
		}
	}
}
