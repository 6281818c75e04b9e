//go:build !linux

package onnx

// hand runs f concurrently; threads have no priority of their own here.
func hand(f func()) { go f() }
