//go:build !linux

package onnx

// behind runs f; threads have no niceness of their own here.
func behind(f func()) { f() }
