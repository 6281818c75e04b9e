//go:build ignore

// Command bundle writes what a macOS application has beside its program: Contents/Info.plist, from FyneApp.toml, and
// Contents/Resources/nirvana.icns, from assets/icon.png.
//
//	go run .ci/bundle.go Nirvana.app
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"text/template"

	"github.com/BurntSushi/toml"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: bundle FOLDER.app")
		os.Exit(2)
	}
	if err := bundle(filepath.Join(os.Args[1], "Contents")); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func bundle(contents string) error {
	plist, err := infoPlist("FyneApp.toml")
	if err != nil {
		return err
	}
	icon, err := icns("assets/icon.png")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(contents, "Resources"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(contents, "Info.plist"), plist, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(contents, "Resources", "nirvana.icns"), icon, 0o644)
}

// The oldest macOS is that of ONNX Runtime's library.
var plist = template.Must(template.New("Info.plist").Funcs(template.FuncMap{"text": text}).Parse(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>CFBundleInfoDictionaryVersion</key><string>6.0</string>
	<key>CFBundlePackageType</key><string>APPL</string>
	<key>CFBundleIdentifier</key><string>{{text .ID}}</string>
	<key>CFBundleName</key><string>{{text .Name}}</string>
	<key>CFBundleDisplayName</key><string>{{text .Name}}</string>
	<key>CFBundleShortVersionString</key><string>{{text .Version}}</string>
	<key>CFBundleVersion</key><string>{{.Build}}</string>
	<key>CFBundleExecutable</key><string>nirvana</string>
	<key>CFBundleIconFile</key><string>nirvana.icns</string>
	<key>CFBundleDevelopmentRegion</key><string>en</string>
	<key>CFBundleLocalizations</key>
	<array>
		<string>en</string><string>de</string><string>es</string><string>fr</string><string>ja</string><string>pt</string><string>zh-Hans</string>
	</array>
	<key>LSApplicationCategoryType</key><string>public.app-category.graphics-design</string>
	<key>LSMinimumSystemVersion</key><string>14.0</string>
	<key>NSHighResolutionCapable</key><true/>
	<key>NSSupportsAutomaticGraphicsSwitching</key><true/>
</dict>
</plist>
`))

func infoPlist(manifest string) ([]byte, error) {
	var file struct {
		Details struct {
			ID, Name, Version string
			Build             int
		}
	}
	if _, err := toml.DecodeFile(manifest, &file); err != nil {
		return nil, err
	}
	if d := file.Details; d.ID == "" || d.Name == "" || d.Version == "" || d.Build < 1 {
		return nil, fmt.Errorf("%s lacks an ID, a Name, a Version or a Build under Details", manifest)
	}
	var out bytes.Buffer
	err := plist.Execute(&out, file.Details)
	return out.Bytes(), err
}

func text(s string) (string, error) {
	var out bytes.Buffer
	err := xml.EscapeText(&out, []byte(s))
	return out.String(), err
}

// icns is Apple's container of icons with one PNG of 512 x 512 px (its type is ic09); macOS scales it.
func icns(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if config.Width != 512 || config.Height != 512 {
		return nil, fmt.Errorf("%s has %d x %d px instead of 512 x 512", path, config.Width, config.Height)
	}
	out := append([]byte("icns"), size(16+len(data))...)
	out = append(append(out, "ic09"...), size(8+len(data))...)
	return append(out, data...), nil
}

// size is a length with its own header, big-endian.
func size(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }
