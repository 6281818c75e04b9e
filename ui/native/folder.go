//go:build !linux

package native

import "github.com/sqweek/dialog"

// browse asks for a folder.
func browse(title, folder string) (string, error) {
	return dialog.Directory().Title(title).SetStartDir(folder).Browse()
}
