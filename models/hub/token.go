package hub

import (
	"errors"
	"os"
	"strings"

	"github.com/zalando/go-keyring"

	"nirvana/engine/fault"
)

const keyringService, keyringUser = "nirvana", "huggingface"

// Token is the account's token: HF_TOKEN of the environment, else the one in the system's keyring (Secret Service,
// macOS' keychain, Windows' credentials); "": none.
func Token() string {
	if t := os.Getenv("HF_TOKEN"); t != "" {
		return t
	}
	t, err := keyring.Get(keyringService, keyringUser)
	if err != nil {
		return ""
	}
	return t
}

// KeepToken stores a token in the system's keyring, and nowhere else; "" removes it.
func KeepToken(token string) error {
	token = strings.TrimSpace(token)
	if token == "" {
		if err := keyring.Delete(keyringService, keyringUser); err != nil && !errors.Is(err, keyring.ErrNotFound) {
			return fault.Keyring.Errorf("the token could not be taken out of the system's keyring: %w", err)
		}
		return nil
	}
	if err := keyring.Set(keyringService, keyringUser, token); err != nil {
		return fault.Keyring.Errorf("the system's keyring did not store the token: unlock it, or set HF_TOKEN instead: %w", err)
	}
	return nil
}
