//go:build !linux

package onnx

// loadBeside is Linux' matter: elsewhere the loader looks beside a library by itself.
func loadBeside(string) {}
