package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"nirvana/models"
	"nirvana/models/fetched"
	"nirvana/models/hub"
	"nirvana/models/listing"
)

// fetchModel is `nirvana models fetch NAME`: downloads a repository of the hub into the folder for models, or into --to. A
// file that is a part of a model goes to the data folder's folder of its kind, or stays in --to.
func fetchModel(ctx context.Context, env Env, args []string) error {
	var name, to, revision string
	for i := 0; i < len(args); i++ {
		into := map[string]*string{"--to": &to, "-to": &to, "--revision": &revision, "-revision": &revision}[args[i]]
		switch {
		case into != nil && i+1 < len(args):
			*into = args[i+1]
			i++
		case into != nil:
			return wrong("%s wants a value", args[i])
		case args[i] == "--help" || args[i] == "-h":
			fmt.Fprintln(env.Out, "nirvana models fetch OWNER/NAME[/FILE] [--to DIR] [--revision BRANCH]")
			return nil
		case strings.HasPrefix(args[i], "-") || name != "":
			return wrong("%q is not known: nirvana models fetch OWNER/NAME[/FILE] [--to DIR] [--revision BRANCH]", args[i])
		default:
			name = args[i]
		}
	}
	if name == "" {
		return wrong("give a repository: nirvana models fetch OWNER/NAME[/FILE]")
	}
	data := ""
	if to == "" {
		data = env.Home
		if env.Catalogue.Store == "" {
			return wrong("there is no folder for models: give one with --to")
		}
		of, err := env.Hub.ParseReference(name)
		if err != nil {
			return err
		}
		to = filepath.Join(env.Catalogue.Store, of.Folder())
	}
	client := env.Hub
	if client.Token == "" {
		client.Token = hub.Token()
	}
	r, err := client.Look(ctx, name, revision)
	if err != nil {
		return tokenAdvice(err)
	}
	fmt.Fprintf(env.Err, "%s: %d files, %s, licence %s\n", r.Name, len(r.Files), megabytes(r.Bytes), dash(line(r.Licence)))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("the folder for the model cannot be made: choose another with --to: %w", err)
	}
	result, err := fetched.Fetch(ctx, client, r, to, data, printProgress(env))
	if err != nil {
		return tokenAdvice(err)
	}
	if result.Kind != listing.Model {
		tellPart(env, result)
		return nil
	}
	return verified(env, to)
}

// partUses say how a part is used, by its kind; with its name or file.
var partUses = map[listing.Kind]string{
	listing.LoRA:        "<lora:%[1]s:1> in a prompt uses it",
	listing.Embedding:   "%[1]s in a prompt uses it",
	listing.VAE:         "the window lists it under VAE, and --vae %[2]s uses it",
	listing.ControlNet:  "the window lists it under ControlNet, and --control %[2]s:PICTURE uses it",
	listing.Upscaler:    "--upscale %[2]s:2 enlarges pictures with it",
	listing.TextEncoder: "fetched checkpoints that lack it find it there, and --text-encoder %[2]s gives it to others",
}

// tellPart prints a part's path, and in a line what it is and how it is used.
func tellPart(env Env, p fetched.Result) {
	name := listing.Card{Path: p.Path}.Name()
	also := ""
	if p.Conflict != "" {
		also = fmt.Sprintf(" (another file there is called %s, and was not changed)", line(p.Conflict))
	}
	fmt.Fprintf(env.Err, "%s, in %s%s: %s\n", p.Kind, printable(filepath.Dir(p.Path)), also, line(fmt.Sprintf(partUses[p.Kind], name, p.Path)))
	fmt.Fprintln(env.Out, printable(p.Path))
}

// printProgress prints a download's progress, a line for every twentieth and for every message.
func printProgress(env Env) func(hub.Progress) {
	said, notice := -1, ""
	return func(p hub.Progress) {
		part := 0
		if p.Bytes > 0 {
			part = int(20 * p.Done / p.Bytes)
		}
		if part <= said && p.Notice == notice {
			return
		}
		said, notice = max(said, part), p.Notice
		text := ""
		if notice != "" {
			text = "  " + line(notice)
		}
		fmt.Fprintf(env.Err, "%3d %%  %s of %s, %.1f MB/s  %s%s\n", part*5, megabytes(p.Done), megabytes(p.Bytes), p.PerSecond/1e6, line(p.File), text)
	}
}

// verified checks a downloaded model.
func verified(env Env, dir string) error {
	if problems := models.Check(dir); len(problems) > 0 {
		return fmt.Errorf("%s was downloaded intact, and does not work here: %s", dir, line(problems[0]))
	}
	fmt.Fprintln(env.Out, printable(dir))
	return nil
}

func tokenAdvice(err error) error {
	if errors.Is(err, hub.ErrToken) {
		return fmt.Errorf("%w: nirvana models token keeps it in the system's keyring", err)
	}
	return err
}

// repairModel is `nirvana models repair DIR`: downloads the files again that differ from the hub's. A part's file is given by
// its path.
func repairModel(ctx context.Context, env Env, name string) error {
	f, err := env.Catalogue.Find(name)
	dir := f.Dir
	if err != nil {
		dir = name // the folder is too damaged to be read
	}
	client := env.Hub
	if client.Token == "" {
		client.Token = hub.Token()
	}
	if hub.HasRecord(name) {
		return repairFile(ctx, env, client, name)
	}
	names, err := client.Repair(ctx, dir, printProgress(env))
	if err != nil {
		return tokenAdvice(err)
	}
	for _, n := range names {
		fmt.Fprintln(env.Out, "fetched again:", line(n))
	}
	return verified(env, dir)
}

func repairFile(ctx context.Context, env Env, client hub.Client, file string) error {
	again, err := client.RepairFile(ctx, file, printProgress(env))
	if err != nil {
		return tokenAdvice(err)
	}
	if again {
		fmt.Fprintln(env.Out, "fetched again:", line(filepath.Base(file)))
	}
	fmt.Fprintln(env.Out, printable(file))
	return nil
}

// keepToken reads a token from the input and stores it in the system's keyring; an empty line deletes it.
func keepToken(env Env) error {
	if env.In == nil {
		return wrong("there is no input to read the token from")
	}
	fmt.Fprintln(env.Err, "The token of your account (from the hub's settings page); an empty line removes it:")
	text, err := bufio.NewReader(env.In).ReadString('\n')
	if err != nil && text == "" {
		return wrong("type the token, or pipe it in")
	}
	return hub.KeepToken(text)
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", (n+500_000)/1_000_000) }

func pixels(f models.Folder) string {
	if w, h := f.Resolution(); w > 0 {
		return fmt.Sprintf("%dx%d", w, h)
	}
	return "-"
}

// tooLarge marks a model that does not fit into this machine's memory.
func tooLarge(memory int64) string {
	if total := models.MachineMemory(); total > 0 && memory > total {
		return " (too large)"
	}
	return ""
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
