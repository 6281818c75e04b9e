package runtime

// Version is the release of ONNX Runtime that Nirvana is built and tested with.
const Version = "1.30.0"

// Package is the npm package with the official libraries; its version is [Version].
const Package = "onnxruntime-node"

// PackageSHA256 is the checksum of the package's tarball, as lower-case hexadecimal.
const PackageSHA256 = "6e3390d6b783e7be946fad629292799da28d0b42f84856e50d2c1b0383291e75"

// File is one file that a platform needs.
type File struct {
	Name   string // its name on disk; a platform's first file is the library itself
	Member string // path inside the package's tarball
	SHA256 string // lower-case hexadecimal
	Size   int64  // bytes
}

// Needed lists the files that a platform needs: the library that is opened, then what it loads by itself. It is empty
// for a platform that the package does not support.
func Needed(goos, goarch string) []File {
	return needed[goos+"/"+goarch]
}

// LibraryName is the file name of a platform's library, or "" for an unknown system.
func LibraryName(goos string) string {
	switch goos {
	case "linux":
		return "libonnxruntime.so.1"
	case "darwin":
		return "libonnxruntime.1.dylib"
	case "windows":
		return "onnxruntime.dll"
	}
	return ""
}

const members = "package/bin/napi-v6/"

var needed = map[string][]File{
	"linux/amd64": {
		{"libonnxruntime.so.1", members + "linux/x64/libonnxruntime.so.1", "ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23", 45828512},
	},
	"linux/arm64": {
		{"libonnxruntime.so.1", members + "linux/arm64/libonnxruntime.so.1", "1f549d46250b005580b597f4164984aaf75b3bcb9f3aeb07c7f8a8fe60b23c76", 25135496},
	},
	"darwin/arm64": {
		{"libonnxruntime.1.dylib", members + "darwin/arm64/libonnxruntime.1.dylib", "685d2be5dba1309c89d3a5324b7fd06a5c42f1a61bfea32d14c4cc28d072121d", 44589928},
	},
	"windows/amd64": {
		{"onnxruntime.dll", members + "win32/x64/onnxruntime.dll", "508c362f5673483dd3a086379c392795b2e42d10d5e6f3f90ebd7ac21c97af67", 28754232},
		{"DirectML.dll", members + "win32/x64/DirectML.dll", "234e8898778cdec88d3cb0539508273494082812c968699f3de665a018971625", 18527584},
		{"dxcompiler.dll", members + "win32/x64/dxcompiler.dll", "593d42df78c7f9cbd97c1374af107cfe20985759f98b77afc1448fe41ee3cc76", 17986360},
		{"dxil.dll", members + "win32/x64/dxil.dll", "cf9a3981263f8ec30c9905d136eeaf4b4573209c602198671b958ec86905dea8", 1508664},
	},
	"windows/arm64": {
		{"onnxruntime.dll", members + "win32/arm64/onnxruntime.dll", "6c3a2abf5c6aca11c48a0d338a91af309f2266f25ce2e4084e6a87bbcb0fbfd0", 29815136},
		{"DirectML.dll", members + "win32/arm64/DirectML.dll", "aaf72a9d55aa123e0708d957d30dd4fbeb7a2e335ec6257ed5ff4261a402b9ee", 18444600},
		{"dxcompiler.dll", members + "win32/arm64/dxcompiler.dll", "442a995492579e1048cf1f05a86ab00f476c46b7f9d0996e588884040a543bbe", 22285624},
		{"dxil.dll", members + "win32/arm64/dxil.dll", "859b6d638c5ca3df39e9cab2a602cb0f63d0e63d750f84bb2a9ec9031319b73e", 1769784},
	},
}
