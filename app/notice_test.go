package app

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestAdvice(t *testing.T) {
	studio(t, func(b *bench) {
		for _, c := range []struct {
			err  error
			want string
		}{
			{errors.New("notes.txt: this is no picture: use PNG (image: unknown format)"), "notes.txt: this is no picture: use PNG"},
			{errors.New("a b, 100 %.png: it is cut off: open another"), "a b, 100 %.png: it is cut off: open another"},
			{errors.New("the prompt asks for the LoRA \"x\", and there is no x.safetensors in /home/a/loras: put it there"), "The prompt asks for the LoRA \"x\", and there is no x.safetensors in /home/a/loras: put it there"},
			{errors.New("step 3 of 20: the model gave no numbers\nand more"), "Step 3 of 20: the model gave no numbers"},
			{fmt.Errorf("x: %w", fs.ErrPermission), "The folder cannot be written to: choose another."},
			{errors.New("(odd)"), "(odd)"},
		} {
			if got := b.advice(c.err); got != c.want {
				t.Errorf("%q is told as %q", c.err, got)
			}
		}
	})
}
