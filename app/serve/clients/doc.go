// Package clients tests the server with the clients that people use: PyPI's webuiapi and openai. `make clients`
// installs them and runs it.
package clients
