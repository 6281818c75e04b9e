// Package live starts servers of the Open Inference Protocol that other people make, over ONNX Runtime, for tests. Start
// with MLServer and KServe.
package live
