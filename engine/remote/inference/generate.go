// Package inference is the Open Inference Protocol's messages and service, generated from inference.proto.
package inference

//go:generate protoc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative inference.proto
