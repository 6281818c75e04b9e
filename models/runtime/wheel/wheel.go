// Package wheel downloads ONNX Runtime with CUDA, NVIDIA's libraries that it loads, and OpenVINO's plug-in, from PyPI's
// wheels: pinned by version and SHA-256, into a folder of the user's own, without root and without Python at run time. pip
// gives the wheels' addresses: it knows the index that this machine uses. Start with BringCUDA and BringOpenVINO.
package wheel

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/models/runtime"
	"nirvana/models/runtime/download"
)

// Wheel is a package's file, for Linux on x86-64.
type Wheel struct {
	Package, Version string
	SHA256           string // lower-case hexadecimal
	Size             int64  // bytes
}

// CUDA are ONNX Runtime's wheel and what it loads with CUDA 13. TensorRT's provider is included; TensorRT itself is
// not.
var CUDA = []Wheel{
	{"onnxruntime-gpu", runtime.Version, "6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1", 246685715},
	{"nvidia-cuda-runtime", "13.5.37", "df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d", 2504024},
	{"nvidia-cuda-nvrtc", "13.5.37", "86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc", 58185930},
	{"nvidia-cublas", "13.10.0.20", "dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84", 444289903},
	{"nvidia-cufft", "12.5.0.14", "b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad", 165072555},
	{"nvidia-curand", "10.4.5.25", "22bb226a857e5888fe6b54ae465fc4371296bcff13a35f79e19691bcf454f529", 77113015},
	{"nvidia-nvjitlink", "13.5.37", "280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb", 46642491},
	{"nvidia-cudnn-cu13", "9.28.1.4", "a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec", 516817937},
}

// OpenVINO is the wheel of OpenVINO's plug-in for ONNX Runtime, which has OpenVINO's own libraries with it. The wheel
// onnxruntime-openvino is not used: it has an ONNX Runtime of its own, an older one.
var OpenVINO = []Wheel{
	{"onnxruntime-ep-openvino", "1.8.1", "3832643158c8c187fcab6db661cde2a8c06a2b3559d95d0f2411ac0e51c5e924", 52587628},
}

// Size is the size of a set's downloads, bytes.
func Size(set []Wheel) (sum int64) {
	for _, w := range set {
		sum += w.Size
	}
	return sum
}

// Locator returns a wheel's address.
type Locator func(context.Context, Wheel) (address string, err error)

// Bring puts the libraries of a set into the folder, which exists only when all of it is there. Earlier downloads are
// resumed; they are kept next to the folder until all is there.
// told, if not nil, gets the progress in log's place: the package, and bytes of the whole set.
func Bring(ctx context.Context, set []Wheel, folder string, locate Locator, log io.Writer, told func(what string, have, of int64)) error {
	parts := folder + ".download"
	if err := os.MkdirAll(parts, 0o755); err != nil {
		return err
	}
	fresh := filepath.Join(parts, "libraries")
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(fresh, "licences"), 0o755); err != nil {
		return err
	}
	before := int64(0)
	for _, w := range set {
		file := filepath.Join(parts, w.Package+"-"+w.Version+".whl")
		var part func(have, of int64)
		if told != nil {
			from := before
			part = func(have, _ int64) { told(w.Package, from+have, Size(set)) }
			part(0, 0)
		}
		before += w.Size
		if err := bring(ctx, w, file, locate, log, part); err != nil {
			return fmt.Errorf("%s %s: %w", w.Package, w.Version, err)
		}
		if err := unpack(file, fresh, w.Package); err != nil {
			return fmt.Errorf("%s %s: %w", w.Package, w.Version, err)
		}
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.Rename(fresh, folder); err != nil {
		return err
	}
	return os.RemoveAll(parts)
}

// BringCUDA brings CUDA's set into the folder where this program finds it, and returns the folder.
func BringCUDA(ctx context.Context, log io.Writer, told func(what string, have, of int64)) (string, error) {
	return bringInto(ctx, runtime.CardFolder(), CUDA, log, told)
}

// BringOpenVINO is BringCUDA of OpenVINO's set.
func BringOpenVINO(ctx context.Context, log io.Writer, told func(what string, have, of int64)) (string, error) {
	return bringInto(ctx, runtime.OpenVINOFolder(), OpenVINO, log, told)
}

func bringInto(ctx context.Context, dir string, set []Wheel, log io.Writer, told func(what string, have, of int64)) (string, error) {
	if dir == "" {
		return "", fmt.Errorf("there is no %s for this system: Linux on x86-64 has one", set[0].Package)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	return dir, Bring(ctx, set, dir, Pip, log, told)
}

func bring(ctx context.Context, w Wheel, file string, locate Locator, log io.Writer, told func(have, of int64)) error {
	if sum, err := download.Checksum(file); err == nil && sum == w.SHA256 {
		return nil
	}
	address, err := locate(ctx, w)
	if err != nil {
		return err
	}
	return download.File{Address: address, Path: file, SHA256: w.SHA256, Log: log, Told: told, What: w.Package}.Run(ctx)
}

// most is the size of the largest library that is unpacked, whatever a damaged file declares.
const most = 4 << 30

// unpack extracts the shared libraries and licences from a wheel whose SHA-256 was verified.
func unpack(file, folder, name string) error {
	z, err := zip.OpenReader(file)
	if err != nil {
		return err
	}
	defer z.Close()
	found := 0
	for _, f := range z.File {
		to := ""
		switch base := path.Base(f.Name); {
		case library(f.Name):
			found++
			to = strings.Replace(base, "libonnxruntime.so."+runtime.Version, runtime.LibraryName("linux"), 1)
		case f.Name == "onnxruntime_ep_openvino/cache.json": // kernels tuned for Intel's GPUs
			to = base
		case strings.Contains(f.Name, ".dist-info/") && strings.Contains(strings.ToLower(base), "license"), base == "third-party-programs.txt":
			to = filepath.Join("licences", name+"-"+base)
		default:
			continue
		}
		if err := write(f, filepath.Join(folder, to)); err != nil {
			return err
		}
	}
	if found == 0 {
		return errors.New("it holds no libraries")
	}
	return nil
}

// libraryFolders are the folders of wheels with libraries that ONNX Runtime loads.
var libraryFolders = []string{"onnxruntime/capi/", "nvidia/", "onnxruntime_ep_openvino/"}

// library reports whether a wheel's file is one that ONNX Runtime loads: Python's own module is not.
func library(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "lib") && strings.Contains(base, ".so") && slices.ContainsFunc(libraryFolders, func(dir string) bool { return strings.HasPrefix(name, dir) })
}

func write(f *zip.File, to string) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, io.LimitReader(in, most+1))
	if err == nil && n > most {
		err = fmt.Errorf("%s is larger than %d GB", f.Name, most>>30)
	}
	return errors.Join(err, out.Close())
}

// find asks pip's own finder, which downloads nothing: pip install --dry-run downloads the whole wheel.
const find = `
import sys
from pip._internal.commands import create_command
from pip._internal.cli.cmdoptions import make_target_python
from pip._vendor.packaging.specifiers import SpecifierSet
command = create_command("index")
with command.main_context():
    options, _ = command.parse_args(sys.argv[3:])
    finder = command._build_package_finder(options=options, session=command.get_default_session(options), target_python=make_target_python(options))
    best = finder.find_best_candidate(sys.argv[1], SpecifierSet("==" + sys.argv[2])).best_candidate
print(best.link.url_without_fragment if best else "")
`

// Pip is the Locator that asks pip, of the first Python that has one.
func Pip(ctx context.Context, w Wheel) (string, error) {
	var last error
	for _, python := range []string{"python3", "python"} {
		c := exec.CommandContext(ctx, python, "-c", find, w.Package, w.Version, "--quiet", "--only-binary=:all:", "--python-version=3.12",
			"--platform=manylinux_2_28_x86_64", "--platform=manylinux_2_27_x86_64", "--platform=manylinux2014_x86_64")
		c.Dir = string(os.PathSeparator) // Python runs files in its working folder
		var complaint strings.Builder
		c.Stderr = &complaint
		said, err := c.Output()
		if err != nil {
			last = fmt.Errorf("%s -m pip: %w: %s", python, err, lastLine(complaint.String()))
			continue
		}
		if address := strings.TrimSpace(string(said)); address != "" {
			return address, nil
		}
		return "", errors.New("the package index that pip uses does not have it")
	}
	return "", fmt.Errorf("pip 21.2 or later is needed to find the package (Debian: apt-get install python3-pip): %w", last)
}

// lastLine is what a Python program says in the end.
func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
