package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"nirvana/app/recipe"
	"nirvana/engine/wholefile"
)

// info is `nirvana info FILE...`: prints the parameters as text, or with --json the recipes, and the settings that
// cannot be used here.
func info(_ context.Context, env Env, args []string) error {
	asJSON := false
	var files []string
	for _, a := range args {
		switch {
		case a == "--json" || a == "-json":
			asJSON = true
		case a == "--help" || a == "-h":
			fmt.Fprintln(env.Out, "nirvana info [--json] FILE...")
			return nil
		case strings.HasPrefix(a, "-") && len(a) > 1:
			return wrong("%s is not a flag of nirvana info: --json is", a)
		default:
			files = append(files, a)
		}
	}
	if len(files) == 0 {
		return wrong("give a file: nirvana info FILE.png")
	}
	var errs []error
	for i, file := range files {
		f, err := readRecipe(file)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if len(files) > 1 && !asJSON {
			if i > 0 {
				fmt.Fprintln(env.Out)
			}
			fmt.Fprintln(env.Out, printable(file)+":")
		}
		if err := printRecipe(env.Out, f, asJSON); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// printRecipe prints one recipe, and its settings that are lost.
func printRecipe(out io.Writer, f recipe.Found, asJSON bool) error {
	if asJSON {
		data, err := json.MarshalIndent(struct {
			recipe.Recipe
			Program string   `json:"program,omitempty"` // the program that wrote it
			Lost    []string `json:"lost,omitempty"`    // its settings that are not carried over
		}{f.Recipe, f.Program, f.Lost}, "", " ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, printableJSON(data))
		return err
	}
	fmt.Fprintln(out, printable(f.Recipe.Parameters()))
	if f.Program != "" && f.Program != "Nirvana" {
		fmt.Fprintf(out, "\nWritten by %s.\n", f.Program)
	}
	if len(f.Lost) > 0 {
		fmt.Fprintln(out, "Not carried over:")
		for _, l := range f.Lost {
			fmt.Fprintln(out, "  "+printable(l))
		}
	}
	return nil
}

// maxRecipe is the largest file that is read for its recipe, bytes.
const maxRecipe = 1 << 30

// readRecipe reads a recipe file, or the recipe in a picture.
func readRecipe(path string) (recipe.Found, error) {
	data, err := wholefile.ReadMost(path, maxRecipe)
	if err != nil {
		return recipe.Found{}, fmt.Errorf("the recipe cannot be read: %w", err)
	}
	if len(data) > 0 && data[0] == '{' {
		r, err := recipe.Parse(data)
		if err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
		return recipe.Found{Recipe: r, Program: "Nirvana"}, err
	}
	f, err := recipe.Read(data)
	if errors.Is(err, recipe.ErrNone) {
		return f, fmt.Errorf("%s contains no recipe: it was not made here, or was saved again by a program that drops it", path)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return f, err
}
