// Package wire reads and writes what the server's protocols have in common: bodies of limited size, JSON with the
// leniency that clients rely on, pictures in base64.
package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"net/http"
	"strings"

	"nirvana/app/recipe"
	"nirvana/app/serve/work"
	"nirvana/engine/pixel"
)

// ErrTooLarge means that a body exceeds the server's limit.
var ErrTooLarge = errors.New("the request is too large")

// Body reads a request's body, limited by http.MaxBytesReader. The declared length is not allocated in advance.
func Body(r *http.Request) ([]byte, error) {
	var b bytes.Buffer
	_, err := io.Copy(&b, r.Body)
	return b.Bytes(), Bounded(err)
}

// Bounded replaces a body reader's own error by ErrTooLarge.
func Bounded(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return ErrTooLarge
	}
	return err
}

// Invalid is the error for a body that does not match the protocol: the field, "" for the whole body, and the reason.
func Invalid(field, format string, args ...any) error {
	return &work.Invalid{Field: field, Text: fmt.Sprintf(format, args...)}
}

// JSON reads a body into v, which keeps its values for fields that are absent or null.
func JSON(r *http.Request, v any) error {
	data, err := Body(r)
	if err != nil || len(bytes.TrimSpace(data)) == 0 {
		return err
	}
	return Unmarshal(data, v)
}

// Unmarshal is JSON of bytes.
func Unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return Invalid(kind.Field, "value is not a valid %s (it is a %s)", kind.Type, kind.Value)
	}
	if err != nil {
		return Invalid("", "the body is not JSON: %v", err)
	}
	return nil
}

// Picture decodes a picture in base64, with or without a prefix "data:image/png;base64,". Paths and URLs are refused:
// the server fetches nothing for a client.
func Picture(field, text string) (*image.RGBA, error) {
	data, err := Bytes(field, text)
	if err != nil {
		return nil, err
	}
	return Decoded(field, data)
}

// Bytes decodes base64 in the form that Picture accepts.
func Bytes(field, text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	for _, scheme := range []string{"http://", "https://", "file:"} {
		if strings.HasPrefix(text, scheme) {
			return nil, Invalid(field, "Invalid encoded image: addresses are not fetched, send the picture itself in base64")
		}
	}
	if strings.HasPrefix(text, "data:") {
		head, rest, ok := strings.Cut(text, ",")
		if !ok || !strings.HasSuffix(head, ";base64") {
			return nil, Invalid(field, "Invalid encoded image: it is a data URL without base64")
		}
		text = rest
	}
	text = strings.TrimRight(strings.NewReplacer("\n", "", "\r", "", "-", "+", "_", "/").Replace(text), "=")
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 {
		return nil, Invalid(field, "Invalid encoded image: it is not base64")
	}
	return data, nil
}

// Decoded decodes a picture file's bytes.
func Decoded(field string, data []byte) (*image.RGBA, error) {
	img, err := pixel.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, Invalid(field, "Invalid encoded image: %v", err)
	}
	return img, nil
}

// Base64 encodes a picture as a PNG in base64.
func Base64(img image.Image) (string, error) {
	data, err := recipe.EncodePNG(img, nil)
	return base64.StdEncoding.EncodeToString(data), err
}

// Write responds with JSON.
func Write(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"detail":"the answer cannot be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(data)
}
