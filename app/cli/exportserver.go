package cli

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"nirvana/engine/onnx/adapter"
	"nirvana/engine/onnx/repository"
	"nirvana/engine/remote"
)

// exportServer is `nirvana models export-server [--lora FILE:WEIGHT] DIR OUT`: writes a model's networks as a Triton model
// repository, with LoRAs merged in, and prints the entry for servers.json.
func exportServer(env Env, args []string) error {
	const how = "nirvana models export-server [--lora FILE:0.8] DIR OUT"
	f := flag.NewFlagSet("export-server", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	var loras list
	f.Var(&loras, "lora", "a LoRA to merge, FILE:WEIGHT, or the name of one in the folders of LoRAs; repeat for several")
	rest, err := mixed(f, args)
	if err != nil || len(rest) != 2 {
		return wrong("give a model and a folder to write: %s", how)
	}
	folder, err := env.Catalogue.Find(rest[0])
	if err != nil {
		return err
	}
	var calls []adapter.Call
	for _, text := range loras {
		file, weight, err := weighted(text)
		if err != nil {
			return wrong("--lora %q: %v", text, err)
		}
		if !isFile(file) {
			if file, err = folder.LoRA(file, filepath.Join(env.Home, "loras")); err != nil {
				return err
			}
		}
		calls = append(calls, adapter.Call{File: file, Weight: weight})
	}
	names, notices, err := repository.Write(folder, rest[1], calls...)
	if err != nil {
		return err
	}
	for _, n := range notices {
		fmt.Fprintln(env.Err, "nirvana models:", line(n.String()))
	}
	s := remote.Servers{Servers: []remote.Entry{{Address: "grpc://127.0.0.1:8001"}}, Models: map[string]map[string]string{folder.Name: names}}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Err, "nirvana models: start a server on %s, and put this into servers.json in the data folder, with its address:\n", rest[1])
	fmt.Fprintln(env.Out, string(data))
	return nil
}

// serverToken is `nirvana models server-token ADDRESS`: reads a token from the input and stores it in the system's
// keyring; an empty line deletes it.
func serverToken(env Env, args []string) error {
	if len(args) != 1 {
		return wrong("give the server's address as servers.json has it: nirvana models server-token grpcs://host:port")
	}
	if env.In == nil {
		return wrong("there is no input to read the token from")
	}
	fmt.Fprintln(env.Err, "The server's token; an empty line removes it:")
	text, err := bufio.NewReader(env.In).ReadString('\n')
	if err != nil && text == "" {
		return wrong("type the token, or pipe it in")
	}
	return remote.KeepToken(args[0], strings.TrimSpace(text))
}
