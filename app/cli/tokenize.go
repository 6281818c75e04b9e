package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"nirvana/engine/token"
)

// tokenize is `nirvana tokenize --model DIR TEXT`: the prompt as the text encoders get it at the first step, one line
// per token, with its weight unless that is 1. The first option of each wildcard is used.
func tokenize(_ context.Context, env Env, args []string) error {
	f := flag.NewFlagSet("tokenize", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	model := f.String("model", "", "model name or folder")
	words, err := mixed(f, args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(env.Out)
		f.PrintDefaults()
		return nil
	}
	if err != nil {
		return wrong("%v", err)
	}
	if len(words) == 0 {
		return wrong("the text is missing: nirvana tokenize --model DIR TEXT")
	}
	folder, err := env.Catalogue.Find(*model)
	if err != nil {
		return err
	}
	dirs := folder.Tokenizers()
	if len(dirs) == 0 {
		return fmt.Errorf("%s has no tokenizer: it takes no prompt", folder.Name)
	}
	for _, dir := range dirs {
		t, err := token.Open(dir)
		if err != nil {
			return err
		}
		if err := encoded(env.Out, t, strings.Join(words, " ")); err != nil {
			return err
		}
	}
	return nil
}

// encoded writes the tokens of a prompt for one encoder: for CLIP in chunks, for others without weights.
func encoded(w io.Writer, t *token.Folder, text string) error {
	prompt := token.Parse(token.Draw(text, func(int) int { return 0 }))
	if err := prompt.Err(); err != nil {
		return err
	}
	parts := prompt.At(0, 1)
	for i, part := range parts {
		if len(parts) > 1 {
			fmt.Fprintf(w, "# prompt %d of %d, weight %g\n", i+1, len(parts), part.Weight)
		}
		if t.Kind != token.CLIP {
			plain := ""
			for _, s := range part.Text {
				plain += s.Text
				if s.Break {
					plain += " "
				}
			}
			write(w, t, t.Encode(plain), nil)
			continue
		}
		chunks := token.Chunks(t, part.Text, t.Room(t.Max))
		for k, chunk := range chunks {
			var ids []int
			var weights []float32
			for _, token := range chunk {
				if token.ID == t.End {
					break
				}
				if token.ID != t.Start {
					ids, weights = append(ids, token.ID), append(weights, token.Weight)
				}
			}
			if len(chunks) > 1 {
				fmt.Fprintf(w, "# chunk %d of %d: %d of %d tokens\n", k+1, len(chunks), len(ids), t.Room(t.Max))
			}
			write(w, t, ids, weights)
		}
	}
	return nil
}

func write(w io.Writer, t *token.Folder, ids []int, weights []float32) {
	for i, p := range t.Named(ids) {
		fmt.Fprintf(w, "%d\t%s", p.ID, p.Text)
		if weights != nil && weights[i] != 1 {
			fmt.Fprintf(w, "\t%g", weights[i])
		}
		fmt.Fprintln(w)
	}
}
