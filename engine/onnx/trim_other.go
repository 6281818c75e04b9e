//go:build !linux

package onnx

// trim does nothing where freed memory is not known to be kept.
func trim() {}
