// Package live tests engine/remote against real servers: MLServer from PyPI with an ONNX Runtime model behind the
// protocol. `make servers` installs and runs it.
package live
