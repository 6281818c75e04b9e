package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"nirvana/app/recipe"
)

// info is `nirvana info FILE.png`: the parameters as people read them, or with --json the recipe.
func info(_ context.Context, env Env, args []string) error {
	asJSON := false
	var files []string
	for _, a := range args {
		switch {
		case a == "--json" || a == "-json":
			asJSON = true
		case a == "--help" || a == "-h":
			fmt.Fprintln(env.Out, "nirvana info [--json] FILE.png")
			return nil
		default:
			files = append(files, a)
		}
	}
	if len(files) != 1 {
		return wrong("give one file: nirvana info FILE.png")
	}
	r, err := readRecipe(files[0])
	if err != nil {
		return err
	}
	if !asJSON {
		fmt.Fprintln(env.Out, r.Parameters())
		return nil
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Out, string(data))
	return nil
}

// readRecipe reads a recipe file, or the recipe that a PNG carries.
func readRecipe(path string) (recipe.Recipe, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return recipe.Recipe{}, fmt.Errorf("the recipe cannot be read: %w", err)
	}
	if len(data) > 0 && data[0] == '{' {
		r, err := recipe.Parse(data)
		if err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
		return r, err
	}
	r, err := recipe.Extract(data)
	if errors.Is(err, recipe.ErrNone) {
		return r, fmt.Errorf("%s carries no recipe: it was not made here, or was saved again by a program that drops it", path)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return r, err
}
