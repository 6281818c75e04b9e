package onnx

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
static void trim(void) { malloc_trim(0); }
#else
static void trim(void) {}
#endif
*/
import "C"

// trim gives memory back to the system that C has freed: glibc keeps hundreds of megabytes of a session's.
func trim() { C.trim() }
