package assets

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// The studio's tools and buttons ask for these.
var used = strings.Fields(`select brush eraser lasso polygon rectangle ellipse wand frame hand zoom crop dice lock lock-open swap
	play stop compare check discard trash chevron-left chevron-right chevron-down star folder export import undo redo eye invert
	info warning settings queue plus minus copy paste noise mask`)

func TestUsedIconsAreThere(t *testing.T) {
	names := iconNames()
	for _, name := range used {
		if !slices.Contains(names, name) {
			t.Errorf("there is no icon %q", name)
		}
	}
}

// Fyne recolours fills only, and drops elements and root attributes that it does not know: an icon with anything
// but filled paths would look right in a browser and be a blob in the studio.
func TestIconsAreFilledPaths(t *testing.T) {
	for _, name := range iconNames() {
		svg := Icon(name)
		paths := 0
		for decoder := xml.NewDecoder(bytes.NewReader(svg)); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			element, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			switch element.Name.Local {
			case "svg":
				checkRoot(t, name, element)
			case "path":
				paths++
				if len(element.Attr) != 1 || element.Attr[0].Name.Local != "d" || strings.ContainsAny(element.Attr[0].Value, "Aa") {
					t.Errorf("%s: a path has more than an outline without arcs: %.80v", name, element.Attr)
				}
			default:
				t.Errorf("%s: <%s> would be dropped", name, element.Name.Local)
			}
		}
		if paths == 0 {
			t.Errorf("%s is empty", name)
		}
	}
}

func checkRoot(t *testing.T, name string, root xml.StartElement) {
	t.Helper()
	want := map[string]string{"viewBox": "0 0 256 256", "width": "20", "height": "20", "xmlns": "http://www.w3.org/2000/svg"}
	for _, attribute := range root.Attr {
		if want[attribute.Name.Local] != attribute.Value {
			t.Errorf("%s: %s=%q", name, attribute.Name.Local, attribute.Value)
		}
	}
	if len(root.Attr) != len(want) {
		t.Errorf("%s: %d attributes, want %d", name, len(root.Attr), len(want))
	}
}

func TestUnknownIconPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Icon("no such icon")
}

func TestAppIcon(t *testing.T) {
	picture, err := png.Decode(bytes.NewReader(AppIcon()))
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds().Size(); size.X != 512 || size.Y != 512 {
		t.Errorf("the app icon is %v, want 512 x 512", size)
	}
	if _, _, _, alpha := picture.At(0, 0).RGBA(); alpha != 0 {
		t.Error("the app icon's corner is not transparent")
	}
}

func TestDesktopFile(t *testing.T) {
	text, err := os.ReadFile("nirvana.desktop")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"[Desktop Entry]", "Type=Application", "Name=Nirvana", "Exec=nirvana %F", "Icon=nirvana"} {
		if !slices.Contains(strings.Split(string(text), "\n"), line) {
			t.Errorf("nirvana.desktop has no line %q", line)
		}
	}
}

// iconNames lists the icons in alphabetic order.
func iconNames() []string {
	var names []string
	files, _ := fs.Glob(icons, "icons/*.svg") // the pattern is well formed: no error
	for _, file := range files {
		names = append(names, strings.TrimSuffix(path.Base(file), ".svg"))
	}
	return names
}
