package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"nirvana/engine/token"
)

// tokenize is `nirvana tokenize --model DIR TEXT`: one line a text encoder's tokenizer, ids and pieces.
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
		for _, p := range t.Pieces(strings.Join(words, " ")) {
			fmt.Fprintf(env.Out, "%d\t%s\n", p.ID, p.Text)
		}
	}
	return nil
}
