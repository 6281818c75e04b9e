// Command fetch brings the ONNX Runtime library that Nirvana needs, out of the npm package that carries it.
//
//	go run ./models/runtime/fetch            into .runtime, for this machine ("make setup")
//	go run ./models/runtime/fetch -print     says where the library lies, brings nothing
//	go run ./models/runtime/fetch -os windows -arch amd64
//
// The address of the package is asked of the npm client, which knows the registry this machine uses. A cut
// download goes on where it stopped; the package and every file out of it are checked by SHA-256.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	goruntime "runtime"
	"strings"

	"nirvana/models/runtime"
	"nirvana/models/runtime/download"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "fetch:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("fetch", flag.ContinueOnError)
	flags.SetOutput(log)
	dir := flags.String("dir", runtime.SourceFolder, "folder that holds the libraries, by version and platform")
	goos := flags.String("os", goruntime.GOOS, "system to fetch for, as Go names it")
	goarch := flags.String("arch", goruntime.GOARCH, "processor to fetch for, as Go names it")
	address := flags.String("url", "", "address of the package's tarball (default: what npm says)")
	onlyPrint := flags.Bool("print", false, "print the folder of the library and stop")
	if err := flags.Parse(args); err != nil {
		return err
	}
	files := runtime.Needed(*goos, *goarch)
	if len(files) == 0 {
		return fmt.Errorf("%s %s has no library for %s/%s: build ONNX Runtime and set %s to the library's path",
			runtime.Package, runtime.Version, *goos, *goarch, runtime.Variable)
	}
	folder := filepath.Join(*dir, runtime.Folder(*goos, *goarch))
	if *onlyPrint {
		_, err := fmt.Fprintln(out, folder)
		return err
	}
	if present(folder, files) {
		return nil
	}
	tarball := filepath.Join(*dir, fmt.Sprintf("%s-%s.tgz", runtime.Package, runtime.Version))
	if err := fetchPackage(ctx, *address, tarball, log); err != nil {
		return err
	}
	if err := extract(tarball, folder, files); err != nil {
		return err
	}
	fmt.Fprintf(log, "ONNX Runtime %s is in %s\n", runtime.Version, folder)
	return os.Remove(tarball)
}

// present reports whether every file is there with the right contents.
func present(folder string, files []runtime.File) bool {
	for _, file := range files {
		sum, err := download.Checksum(filepath.Join(folder, file.Name))
		if err != nil || sum != file.SHA256 {
			return false
		}
	}
	return true
}

// fetchPackage puts the verified package at path. Where the registry needs a login, which only the npm client has,
// npm downloads it.
func fetchPackage(ctx context.Context, address, path string, log io.Writer) error {
	if sum, err := download.Checksum(path); err == nil && sum == runtime.PackageSHA256 {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if address == "" {
		said, err := npm(ctx, "view", runtime.Package+"@"+runtime.Version, "dist.tarball")
		if err != nil {
			return err
		}
		address = said
	}
	d := download.File{Address: address, Path: path, SHA256: runtime.PackageSHA256, Log: log}
	err := d.Run(ctx)
	var refused *download.Refused
	if !errors.As(err, &refused) {
		return err
	}
	fmt.Fprintf(log, "%v; asking npm to fetch it\n", err)
	if _, err := npm(ctx, "pack", runtime.Package+"@"+runtime.Version, "--pack-destination", filepath.Dir(path)); err != nil {
		return err
	}
	sum, err := download.Checksum(path)
	if err == nil && sum != runtime.PackageSHA256 {
		err = fmt.Errorf("%s: SHA-256 is %s, expected %s: remove it and try again", path, sum, runtime.PackageSHA256)
	}
	return err
}

// npm runs the npm client and returns what it printed, trimmed.
func npm(ctx context.Context, args ...string) (string, error) {
	program, err := exec.LookPath("npm")
	if err != nil {
		return "", errors.New("npm is missing: install it (Debian: apt-get install npm), or give the package's address with -url")
	}
	var complaint strings.Builder
	command := exec.CommandContext(ctx, program, args...)
	command.Stderr = &complaint
	command.Env = append(os.Environ(), runtime.QuietVariable+"=1")
	said, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("npm %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return strings.TrimSpace(string(said)), nil
}
