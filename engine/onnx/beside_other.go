//go:build !linux

package onnx

// loadBeside is needed on Linux only: elsewhere the loader looks next to a library by itself.
func loadBeside(string) {}

// loadFault is needed on Linux only.
func loadFault(string) string { return "" }
