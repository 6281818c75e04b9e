package remote

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/zalando/go-keyring"

	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
)

// Servers is servers.json: which servers run which networks of which models. It is in the artist's own data folder,
// never in a model's: a downloaded folder must not decide where prompts are sent.
type Servers struct {
	Servers []Entry `json:"servers"`
	// Models are the networks that run there, by the model's name or folder: for each of its parts ("unet",
	// "vae_decoder", "vae_encoder", "text_encoder", "text_encoder_2", ...) its name on the servers.
	Models map[string]map[string]string `json:"models"`
}

// Entry is a server in servers.json; its token is in the system's keyring or in NIRVANA_SERVER_TOKEN.
type Entry struct {
	Address   string `json:"address"`
	Authority string `json:"authority,omitempty"` // PEM file; "": the system's certificates
}

const mostServers = 64

// ReadServers reads servers.json; a missing file means no servers.
func ReadServers(path string) (Servers, error) {
	var s Servers
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fault.Server.Errorf("%s cannot be read: %w", path, err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fault.Server.Errorf("%s is not a list of servers: %w", path, err)
	}
	if len(s.Servers) > mostServers {
		return s, fault.Server.Errorf("%s names more than %d servers", path, mostServers)
	}
	return s, nil
}

// WriteServers writes servers.json whole.
func WriteServers(path string, s Servers) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fault.Unwritable.Mark(err)
	}
	return fault.Unwritable.Mark(wholefile.Write(path, 0o600, func(w io.Writer) error {
		_, err := w.Write(append(data, '\n'))
		return err
	}))
}

// Of are the networks that run on servers, of a model with any of these names; nil: none.
func (s Servers) Of(names ...string) map[string]string {
	if len(s.Servers) == 0 {
		return nil
	}
	return s.Placed(names...)
}

// Placed are the networks that are to run on servers, also where no server is named yet.
func (s Servers) Placed(names ...string) map[string]string {
	for model, networks := range s.Models {
		if slices.Contains(names, model) {
			return networks
		}
	}
	return nil
}

// Place says which networks of a model run on servers, under the key that names it already, its name, or its folder.
func (s *Servers) Place(name, folder string, networks map[string]string) {
	key := name
	if _, by := s.Models[folder]; by {
		key = folder
	}
	if s.Models == nil {
		s.Models = map[string]map[string]string{}
	}
	s.Models[key] = networks
	if len(networks) == 0 {
		delete(s.Models, key)
	}
}

// All are the servers with their tokens.
func (s Servers) All() (out []Server) {
	for _, e := range s.Servers {
		out = append(out, Server{Address: e.Address, Authority: e.Authority, Token: Token(e.Address)})
	}
	return out
}

const keyringService = "nirvana server"

// Token is a server's token: NIRVANA_SERVER_TOKEN where it is set, or the one in the system's keyring; "": none.
func Token(address string) string {
	if t := os.Getenv("NIRVANA_SERVER_TOKEN"); t != "" {
		return t
	}
	t, err := keyring.Get(keyringService, address)
	if err != nil {
		return ""
	}
	return t
}

// KeepToken stores a server's token in the system's keyring, and nowhere else; "" removes it.
func KeepToken(address, token string) error {
	if token == "" {
		if err := keyring.Delete(keyringService, address); err != nil && !errors.Is(err, keyring.ErrNotFound) {
			return fault.Server.Errorf("the system's keyring did not remove the token: unlock it (%w)", err)
		}
		return nil
	}
	if err := keyring.Set(keyringService, address, token); err != nil {
		return fault.Server.Errorf("the system's keyring did not store the token: unlock it, or set NIRVANA_SERVER_TOKEN instead (%w)", err)
	}
	return nil
}
