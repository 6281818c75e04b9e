//go:build !linux

package onnx

// catchLost does nothing where the system keeps mapped files as they are (Windows), or is unknown to tell.
func catchLost() {}

func lostPages() int64 { return 0 }
