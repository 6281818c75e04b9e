//go:build !linux

package onnx

// hand runs f beside the caller; threads have no niceness of their own here.
func hand(f func()) { go f() }
