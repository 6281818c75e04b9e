package cli

import (
	"context"
	"fmt"
	"text/tabwriter"

	"nirvana/models"
)

// modelsCommand is `nirvana models list | check DIR | fetch NAME | repair DIR | token`.
func modelsCommand(ctx context.Context, env Env, args []string) error {
	if len(args) == 0 {
		return wrong("say what: nirvana models list, check DIR, fetch NAME, repair DIR, token, export-server DIR OUT or server-token ADDRESS")
	}
	switch args[0] {
	case "--help", "-help", "-h":
		fmt.Fprintln(env.Out, "nirvana models "+commands()["models"].what)
		return nil
	case "list":
		if len(args) > 2 {
			return wrong("give one folder, or none: nirvana models list DIR")
		}
		if len(args) == 2 {
			found := models.Installed(args[1])
			if len(found) == 0 {
				return fmt.Errorf("%s holds no checkpoint that can be run: name the folder of a program (ComfyUI, AUTOMATIC1111, Forge, SD.Next, Fooocus, Invoke), or one with .safetensors in it", args[1])
			}
			return listModels(env, found)
		}
		return listModels(env, env.Catalogue.List())
	case "check":
		if len(args) != 2 {
			return wrong("give one folder: nirvana models check DIR")
		}
		return checkModel(env, args[1])
	case "fetch":
		return fetchModel(ctx, env, args[1:])
	case "repair":
		if len(args) != 2 {
			return wrong("give one folder: nirvana models repair DIR")
		}
		return repairModel(ctx, env, args[1])
	case "token":
		return keepToken(env)
	case "export-server":
		return exportServer(env, args[1:])
	case "server-token":
		return serverToken(env, args[1:])
	}
	return wrong("%q is unknown: use list, check DIR, fetch NAME, repair DIR, token, export-server DIR OUT or server-token ADDRESS", args[0])
}

func listModels(env Env, all []models.Folder) error {
	w := tabwriter.NewWriter(env.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tKIND\tSIZE\tPIXELS\tMEMORY\tLICENCE\tFOLDER")
	for _, f := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", line(f.Name), line(f.Kind()), megabytes(f.Bytes), pixels(f), megabytes(f.Memory())+tooLarge(f), line(f.Licence), printable(f.Dir))
	}
	return w.Flush()
}

// tellCheckpoint says what a file holds: family, what it predicts, and every network with its precision and size.
func tellCheckpoint(env Env, f models.Folder) {
	m := f.Checkpoint
	fmt.Fprintf(env.Out, "%s, %s, needs about %s of memory\n", m.Family, m.Marks, megabytes(f.Memory())+tooLarge(f))
	w := tabwriter.NewWriter(env.Out, 0, 4, 2, ' ', 0)
	for _, n := range m.Networks() {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%d tensors\n", n.Name, n.Weights.Type(), megabytes(n.Weights.Bytes()), len(n.Weights))
	}
	w.Flush()
}

func checkModel(env Env, name string) error {
	f, err := env.Catalogue.Find(name)
	if err != nil {
		return err
	}
	if f.Checkpoint != nil {
		tellCheckpoint(env, f)
	}
	wrong := models.Check(f.Dir)
	for _, w := range wrong {
		fmt.Fprintln(env.Out, line(w))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s has %d problems", f.Dir, len(wrong))
	}
	fmt.Fprintf(env.Out, "%s is whole\n", printable(f.Dir))
	return nil
}
