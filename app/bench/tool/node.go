package main

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"nirvana/app/bench"
)

//go:embed plain.mjs
var script []byte

// nodeArm is the arm in Node, if node and the package onnxruntime-node are in the folder's node_modules. The error
// names what is missing. The script is written into dir.
func nodeArm(modules, dir string) (bench.Arm, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return bench.Arm{}, fmt.Errorf("no Node.js here")
	}
	if _, err := os.Stat(filepath.Join(modules, "node_modules", "onnxruntime-node")); err != nil {
		return bench.Arm{}, fmt.Errorf("%s has no node_modules/onnxruntime-node (npm install --ignore-scripts onnxruntime-node)", modules)
	}
	path := filepath.Join(dir, "plain.mjs")
	if err := os.WriteFile(path, script, 0o600); err != nil {
		return bench.Arm{}, err
	}
	return bench.Arm{Name: "C plain loop, Node", Args: []string{node, path, modules}}, nil
}

// nodeLibrary is the package's ONNX Runtime library.
func nodeLibrary(modules string) string {
	system := map[string]string{"windows": "win32"}[runtime.GOOS]
	if system == "" {
		system = runtime.GOOS
	}
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	found, _ := filepath.Glob(filepath.Join(modules, "node_modules", "onnxruntime-node", "bin", "napi-v*", system, arch, "*onnxruntime.*"))
	for _, f := range found {
		if ext := filepath.Ext(f); ext != ".node" {
			return f
		}
	}
	return ""
}
