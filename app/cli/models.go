package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"nirvana/engine/fault"
	"nirvana/engine/network"
	"nirvana/models"
	"nirvana/models/hub"
	"nirvana/models/listing"
)

// modelsCommand is `nirvana models list | check DIR | fetch NAME | repair DIR | cache | token`.
func modelsCommand(ctx context.Context, env Env, args []string) error {
	if len(args) == 0 {
		return wrong("say what: nirvana models list, check DIR, fetch NAME, repair DIR, cache, token, export-server DIR OUT or server-token ADDRESS")
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
			return listFolder(ctx, env, args[1])
		}
		return listModels(ctx, env)
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
	case "cache":
		return graphsCommand(env, args[1:])
	case "token":
		return keepToken(env)
	case "export-server":
		return exportServer(env, args[1:])
	case "server-token":
		return serverToken(env, args[1:])
	}
	return wrong("%q is unknown: use list, check DIR, fetch NAME, repair DIR, cache, token, export-server DIR OUT or server-token ADDRESS", args[0])
}

// listFolder lists the models in a folder of the artist's.
func listFolder(ctx context.Context, env Env, dir string) error {
	t := newTable(env)
	n := 0
	_, err := env.listing().Models(ctx, dir, func(found []listing.Card) {
		n += len(found)
		t.cards(found)
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.NoModel.Errorf("%s holds no checkpoint that can be run: name the folder of a program (ComfyUI, AUTOMATIC1111, Forge, SD.Next, Fooocus, Invoke), or one with .safetensors in it", dir)
	}
	return t.w.Flush()
}

// listModels lists the models that can be named, and those in the artist's folders.
func listModels(ctx context.Context, env Env) error {
	t := newTable(env)
	for _, f := range env.Catalogue.List() {
		t.row(f.Name, f.Kind(), "", f.Bytes, pixels(f), f.Memory(), f.Licence, f.Dir)
	}
	for _, dir := range env.Catalogue.Lacking() {
		t.cards([]listing.Card{listing.Read(dir)})
	}
	if env.Roots != nil {
		for _, root := range env.Roots() {
			if _, err := env.listing().Models(ctx, root, t.cards); err != nil {
				fmt.Fprintln(env.Err, "nirvana:", err)
			}
		}
	}
	if err := t.w.Flush(); err != nil {
		return err
	}
	if n := env.Graphs.Bytes(); n > 0 {
		fmt.Fprintf(env.Err, "nirvana: %s of optimised networks are kept beside them (nirvana models cache)\n", megabytes(n))
	}
	return nil
}

// table is a list of models.
type table struct{ w *tabwriter.Writer }

func newTable(env Env) table {
	t := table{tabwriter.NewWriter(env.Out, 0, 4, 2, ' ', 0)}
	fmt.Fprintln(t.w, "NAME\tKIND\tSIZE\tPIXELS\tMEMORY\tLICENCE\tFOLDER")
	return t
}

func (t table) row(name, kind, lacks string, bytes int64, pixels string, memory int64, licence, dir string) {
	if lacks != "" {
		kind += ", without " + lacks
	}
	fmt.Fprintf(t.w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", line(name), line(kind), megabytes(bytes), pixels, megabytes(memory)+tooLarge(memory), line(licence), printable(dir))
}

func (t table) cards(found []listing.Card) {
	for _, c := range found {
		size := "-"
		if c.Width > 0 {
			size = fmt.Sprintf("%dx%d", c.Width, c.Height)
		}
		t.row(c.Name(), c.Family, c.Lacks, c.Bytes, size, c.Memory, c.Licence, c.Path)
	}
}

// printModel prints what a model's files hold: its family and variant, what it predicts, the memory it needs, and every network
// with its precision and size.
func printModel(env Env, f models.Folder) {
	fmt.Fprintf(env.Out, "%s, %s, needs about %s of memory\n", line(f.Kind()), line(f.Predicts()), megabytes(f.Memory())+tooLarge(f.Memory()))
	printNetworks(env, f.Networks())
}

func printNetworks(env Env, all []models.Network) {
	w := tabwriter.NewWriter(env.Out, 0, 4, 2, ' ', 0)
	for _, n := range all {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%d tensors\n", n.Name, dash(n.Type), megabytes(n.Bytes), n.Tensors)
	}
	w.Flush()
}

func checkModel(env Env, name string) error {
	if hub.HasRecord(name) {
		return checkFile(env, name)
	}
	f, err := env.Catalogue.Find(name)
	if err != nil {
		return checkOther(env, name, err)
	}
	printModel(env, f)
	wrong := models.Check(f.Dir)
	if err := fits(f.Weighted()); err != nil {
		wrong = append(wrong, err.Error())
	}
	for _, w := range wrong {
		fmt.Fprintln(env.Out, line(w))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s has %d problems", f.Dir, len(wrong))
	}
	fmt.Fprintf(env.Out, "%s: all files verified\n", printable(f.Dir))
	return nil
}

// checkOther tells of a file that is no whole model: what it holds, and what a checkpoint lacks. err is why it is none.
func checkOther(env Env, file string, err error) error {
	if lacks := (models.Lacking)(nil); errors.As(err, &lacks) {
		if f, e := models.ReadAlone(file); e == nil {
			printModel(env, f)
			if e := misfit(f.Weighted()); e != nil {
				return e
			}
		}
		return err
	}
	if !isFile(file) || fault.Of(err) != fault.NoModel {
		return err
	}
	what, networks, weighted, e := models.ReadPart(file)
	if e != nil {
		return err
	}
	fmt.Fprintf(env.Out, "%s: %s\n", printable(file), what)
	printNetworks(env, networks)
	return misfit(weighted)
}

// misfit is fits for networks alone: what their config.json would say, such as the number of heads, is not known.
func misfit(all []models.Part) error {
	for _, p := range all {
		if err := network.Misfit(p.Name, p.Config, p.Weights); err != nil {
			return err
		}
	}
	return nil
}

// fits says what is wrong with the shapes of networks' tensors.
func fits(all []models.Part) error {
	for _, p := range all {
		if _, err := network.Build(p.Name, p.Config, p.Weights, network.Options{}); err != nil {
			return err
		}
	}
	return nil
}

// checkFile compares a part that was fetched with its record.
func checkFile(env Env, file string) error {
	if err := hub.CheckFile(file); err != nil {
		return err
	}
	fmt.Fprintf(env.Out, "%s: %s, verified\n", printable(file), env.listing().Card(file).Kind)
	return nil
}
