//go:build !linux

package onnx

// loadBeside is Linux' matter: elsewhere the loader looks beside a library by itself.
func loadBeside(string) {}

// loadFault likewise.
func loadFault(string) string { return "" }
