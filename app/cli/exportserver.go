package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"

	"nirvana/engine/onnx/repository"
	"nirvana/engine/remote"
)

// exportServer is `nirvana models export-server DIR OUT`: writes a model's networks as a Triton model repository, and
// prints the entry for servers.json.
func exportServer(env Env, args []string) error {
	if len(args) != 2 {
		return wrong("give a model and a folder to write: nirvana models export-server DIR OUT")
	}
	f, err := env.Catalogue.Find(args[0])
	if err != nil {
		return err
	}
	names, err := repository.Write(f, args[1])
	if err != nil {
		return err
	}
	s := remote.Servers{Servers: []remote.Entry{{Address: "grpc://127.0.0.1:8001"}}, Models: map[string]map[string]string{f.Name: names}}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Err, "nirvana models: start a server on %s, and put this into servers.json in the data folder, with its address:\n", args[1])
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
