# Nirvana. Two commands to know: "make run" opens the studio, "make test" checks everything. Both install what is
# missing (Debian; other systems: README.md).

GO      ?= go
TAGS    := migrated_fynedo
GOOS    := $(shell $(GO) env GOOS)
GOARCH  := $(shell $(GO) env GOARCH)
PROGRAM := nirvana$(shell $(GO) env GOEXE)
SHIPPED := models/nirvana $(wildcard models/ddpm)
DIST    := dist/nirvana-$(GOOS)-$(GOARCH)
FETCH   := CGO_ENABLED=0 $(GO) run ./models/runtime/fetch

# What the window (Fyne, GTK's file dialogs) needs to be built, and what tests in a real window need.
BUILD_PACKAGES  := gcc libc6-dev pkg-config libgl1-mesa-dev xorg-dev libgtk-3-dev
WINDOW_PACKAGES := xvfb xdotool strace

export CGO_ENABLED = 1
# Without the build machine's paths, everywhere: the window's toolkit is compiled once and not once more for the package.
export GOFLAGS += -trimpath

RACE := build/nirvana-race

.PHONY: run gpu build setup runtime test unit plain python window clients servers conformance-servers real-servers openvino krita plugins lint race race-window bench screenshots package deb archive windows wine app golden model clean

run: build
	./$(PROGRAM)

build: setup
	$(GO) build -tags $(TAGS) -o $(PROGRAM) .

setup: runtime
	@.ci/packages $(BUILD_PACKAGES)

# ONNX Runtime's library, into .runtime. The npm client is needed only while the library is not there.
runtime:
	@[ -d .runtime ] || command -v npm >/dev/null || .ci/packages npm ca-certificates
	@$(FETCH)

# Without root and the packages, or without ONNX Runtime, this tests what needs neither and says what is missing.
test:
	@.ci/packages $(BUILD_PACKAGES) || [ $$? = 3 ]
	@if .ci/packages $(BUILD_PACKAGES) 2>/dev/null && $(MAKE) runtime; then $(MAKE) unit; else [ -z "$$CI" ] && $(MAKE) plain; fi
	@if .ci/packages $(BUILD_PACKAGES) $(WINDOW_PACKAGES) && $(MAKE) -s runtime; then $(MAKE) window; else echo "make: the window was not tested" >&2; [ -z "$$CI" ]; fi

unit: setup
	$(GO) vet -tags $(TAGS) ./...
	$(GO) test -timeout 20m -tags $(TAGS) ./...

# The packages that need no C compiler: what can be tested without one.
plain:
	CGO_ENABLED=0 $(GO) test $$($(GO) list ./... | grep -vxE 'nirvana(/program|/engine/onnx|/engine/remote/live|/app/bench/evaluate|/app/bench/plain|/app/bench/tool|/ui|/ui/native)?')

# The tests of the training: those without torch, and the others where it is installed already or NIRVANA_TORCH=1 is set.
python:
	@python3 -c 'import ensurepip, venv' 2>/dev/null || .ci/packages python3-venv
	models/recipe/run.sh test

# Drives the real window in a display of its own, with mouse and keyboard.
window: build
	@.ci/packages $(WINDOW_PACKAGES)
	$(GO) test -count=1 -timeout 20m -parallel 2 -tags window ./ui/drive -run TestWindow -program $(CURDIR)/$(PROGRAM)

# What this machine's graphics card needs, into the artist's own cache folder; without root.
gpu: build
	./$(PROGRAM) runtime auto

# The clients that people use against `nirvana serve`: PyPI's webuiapi and openai, in a folder of their own, and the page in headless
# Chromium where chromium-driver is installed.
clients:
	@[ -x build/clients/bin/python ] || { python3 -m venv build/clients && build/clients/bin/pip install -q webuiapi openai pillow selenium; }
	NIRVANA_CLIENTS=$(CURDIR)/build/clients/bin/python $(GO) test -count=1 -v ./app/serve/clients

# Networks on real servers: PyPI's MLServer and KServe with ONNX Runtime behind the Open Inference Protocol, killed and stalled in
# the middle. conformance-servers runs the recorded runs of diffusers through them: minutes; NIRVANA_CASES names some.
REAL_SERVERS = NIRVANA_MLSERVER=$(CURDIR)/build/mlserver/bin/mlserver NIRVANA_KSERVE=$(CURDIR)/build/kserve/bin/python
servers: setup real-servers
	$(REAL_SERVERS) $(GO) test -count=1 -v ./engine/remote/live

conformance-servers: setup real-servers
	$(REAL_SERVERS) $(GO) test -count=1 -timeout 60m -v -tags $(TAGS) -run TestConformanceServers ./program

# They need other versions of the same packages: a folder for each.
real-servers:
	@[ -x build/mlserver/bin/mlserver ] || { python3 -m venv build/mlserver && build/mlserver/bin/pip install -q mlserver onnxruntime; }
	@[ -d build/kserve/bin ] || { python3 -m venv build/kserve && build/kserve/bin/pip install -q kserve onnxruntime; }

# OpenVINO's plug-in, fetched as the artist fetches it (no card is needed), against the processor.
openvino: setup
	NIRVANA_OPENVINO=$(CURDIR)/build/openvino $(GO) test -count=1 -v -tags $(TAGS) -run TestOpenVINO ./program

# Debian's Krita on our projects and Photoshop files: it shows them as we do, and what it saves again is ours. Minutes.
krita: build
	@.ci/packages krita $(WINDOW_PACKAGES)
	NIRVANA_KRITA=$(CURDIR)/build/krita $(GO) test -count=1 -p 1 -v -run Krita ./app ./app/project ./app/psd
	NIRVANA_KRITA=$(CURDIR)/build/krita $(GO) test -count=1 -v -tags window ./ui/drive -run TestWindowLandscape -program $(CURDIR)/$(PROGRAM)

# The plug-ins in Krita and in GIMP 3: the system's, or where that is older, Debian 13's in a root of its own under build/.
GIMP_ROOT = $(shell gimp-console --version 2>/dev/null | grep -q 'version 3' || echo $(CURDIR)/build/debian13)
plugins: setup
	@.ci/packages krita python3-pyqt5 xvfb
	@[ -z "$(GIMP_ROOT)" ] || .ci/gimp3 $(GIMP_ROOT)
	NIRVANA_PLUGINS=1 NIRVANA_GIMP_ROOT=$(GIMP_ROOT) $(GO) test -count=1 -v ./plugins

# What reads the code without running it.
lint: setup
	@bad=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "not formatted: $$bad" >&2; exit 1; }
	$(GO) vet -tags $(TAGS) ./...
	$(GO) tool staticcheck -tags $(TAGS),window ./...
	@.ci/packages shellcheck
	shellcheck --severity=warning $$(git grep -lE '^#!.*\bbash' .ci models)

# The race detector over all packages; of program, which takes more than 15 minutes so, what works beside the window, and
# race-window runs the rest as it is.
# -short: fewer kills and mutations, and no format tests of one goroutine. A program under the detector would sleep for a
# second before it ends, and there are a hundred.
race: setup
	GORACE=atexit_sleep_ms=10 $(GO) test -race -short -timeout 20m -tags $(TAGS) ./app/... ./engine/... ./models/... ./ui/...
	GORACE=atexit_sleep_ms=10 $(GO) test -race -short -timeout 20m -tags $(TAGS) ./program -run 'KeptPixels|FoldersWait|WhenIdle|Steered|PreviewsKept|ServersLoRA'

# A minute of the real window under the race detector, driven by mouse.
race-window: setup
	@.ci/packages $(WINDOW_PACKAGES)
	$(GO) build -race -tags $(TAGS) -o $(RACE) .
	GORACE="halt_on_error=1 exitcode=66" $(GO) test -count=1 -tags window ./ui/drive -run 'TestWindow$$' -program $(CURDIR)/$(RACE)

# A numbered picture of each of the window's main states, into screenshots/.
screenshots: build
	@.ci/packages $(WINDOW_PACKAGES)
	$(GO) test -count=1 -tags window ./ui/drive -run TestScreenshots -program $(CURDIR)/$(PROGRAM) -out $(CURDIR)/screenshots

bench: build
	$(GO) run ./app/bench/tool -program ./$(PROGRAM) -plot docs/benchmarks.svg
	$(GO) test -tags $(TAGS) -run '^$$' -bench . ./app ./app/document ./app/history ./engine/... ./ui/...
	$(GO) test -tags $(TAGS) -run '^$$' -bench Stop -benchtime 80x ./program
	$(GO) test -tags $(TAGS) -run '^$$' -bench Shipped -benchtime 5x ./program
	$(GO) test -tags $(TAGS) -run '^$$' -bench Live -benchtime 300x ./program
	@.ci/packages $(WINDOW_PACKAGES)
	$(GO) test -tags window ./ui/drive -run '^$$' -bench "Repaint|History|Large|Scrub" -benchtime 1x -program $(CURDIR)/$(PROGRAM)

# The default model, from nothing: fetches the drawings, trains for days, writes models/nirvana
# and models/ddpm; run again to go on.
# ARGS="--start nirvana --hours 8" goes on from the folder that ships. models/recipe/README.md has the stages.
model:
	@python3 -c 'import ensurepip, venv' 2>/dev/null || .ci/packages python3-venv
	@command -v npm >/dev/null || .ci/packages npm ca-certificates
	models/recipe/run.sh $(ARGS)

# Recorded runs of diffusers, run again by the engine; the table goes into docs/conformance.md. Minutes.
CASES = $(addprefix app/conformance/testdata/,cases.json.gz steered.json.gz checkpoints/cases.json.gz checkpoints/controls.json.gz checkpoints/adapted.json.gz variants/forms.json.gz variants/precisions.json.gz qwenimage/cases.json.gz qwenimage/edit2511.json.gz klein/cases.json.gz)
conformance: build
	./$(PROGRAM) conformance $(CASES) --table docs/conformance.md

# What every package has beside the program and the library.
define furnish
	cp -R $(SHIPPED) $(1)/models/
	cp README.md $(1)/
	.ci/licences $(1)/licences
endef

# A folder that starts on a machine without a compiler: program, library, the models that ship, icon, licences.
package: build
	rm -rf $(DIST)
	mkdir -p $(DIST)/lib $(DIST)/models
	$(GO) build -tags $(TAGS) -ldflags '-s -w' -o $(DIST)/$(PROGRAM) .
	cp "$$($(FETCH) -print)"/* $(DIST)/lib/
	$(call furnish,$(DIST))
	cp assets/nirvana.desktop $(DIST)/
	cp assets/icon.png $(DIST)/nirvana.png

# The Debian package and archives, of the folder that package makes. The same commit makes the same bytes: times are the
# commit's, names are sorted. Versions are FyneApp.toml's.
VERSION = $(shell sed -n 's/^ *Version = "\(.*\)"/\1/p' FyneApp.toml)
EPOCH   = $(shell git log -1 --format=%ct)
NFPM    := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.41.3

deb: package
	sed -e 's|@DIST@|$(DIST)|g; s|@VERSION@|$(VERSION)|; s|@ARCH@|$(GOARCH)|; s|@TIME@|'$$(date -u -d @$(EPOCH) +%Y-%m-%dT%H:%M:%SZ)'|' .ci/nfpm.yaml > dist/nfpm.yaml
	find $(DIST) -exec touch -h -d @$(EPOCH) {} +
	SOURCE_DATE_EPOCH=$(EPOCH) CGO_ENABLED=0 $(GO) run $(NFPM) package -f dist/nfpm.yaml -p deb -t dist/
	rm dist/nfpm.yaml
	.ci/sums dist

archive: package
	.ci/archive $(DIST) $(EPOCH)
	.ci/sums dist

# For Windows, from Debian: a folder and its .zip.
WINDOWS := dist/nirvana-windows-amd64
windows: runtime
	@.ci/packages gcc-mingw-w64-x86-64 zip
	rm -rf $(WINDOWS)
	mkdir -p $(WINDOWS)/lib $(WINDOWS)/models
	GOOS=windows GOARCH=amd64 CC=x86_64-w64-mingw32-gcc $(GO) build -tags $(TAGS) -ldflags '-s -w' -o $(WINDOWS)/nirvana.exe .
	$(FETCH) -os windows -arch amd64
	cp "$$($(FETCH) -os windows -arch amd64 -print)"/* $(WINDOWS)/lib/
	$(call furnish,$(WINDOWS))
	.ci/archive $(WINDOWS) $(EPOCH)
	.ci/sums dist

# The Windows package under Debian's Wine: what it draws is the picture that the Linux package has to draw.
wine: windows
	@.ci/packages wine wine64 xvfb xauth
	.ci/picture $(WINDOWS)/nirvana.exe $(WINDOWS)-wine.png
	$(GO) run .ci/compare.go .ci/golden.png $(WINDOWS)-wine.png

# For macOS, on a Mac: Nirvana.app and its .zip. The signature names no developer (ad hoc), which Apple silicon needs to run it
# at all; Gatekeeper asks about it on other Macs.
MACOS    := dist/nirvana-darwin-arm64
CONTENTS := $(MACOS)/Nirvana.app/Contents
app: runtime
	@[ $(GOOS)/$(GOARCH) = darwin/arm64 ] || { echo "make app: it needs a Mac with Apple silicon, for Apple's C compiler and codesign" >&2; exit 1; }
	rm -rf $(MACOS)
	mkdir -p $(CONTENTS)/MacOS $(CONTENTS)/Frameworks $(CONTENTS)/Resources/models
	$(GO) build -tags $(TAGS) -ldflags '-s -w' -o $(CONTENTS)/MacOS/nirvana .
	cp "$$($(FETCH) -print)"/* $(CONTENTS)/Frameworks/
	$(call furnish,$(CONTENTS)/Resources)
	$(GO) run .ci/bundle.go $(MACOS)/Nirvana.app
	codesign --force --sign - $(CONTENTS)/Frameworks/*
	codesign --force --sign - $(MACOS)/Nirvana.app
	codesign --verify --deep --strict $(MACOS)/Nirvana.app
	.ci/archive $(MACOS) $(EPOCH)
	.ci/sums $(dir $(MACOS))

# The pictures that .ci/run compares with: drawn anew when a model that ships has changed. Look at them before they are committed.
golden: build
	.ci/picture ./$(PROGRAM) .ci/golden.png
	if [ -d models/ddpm ]; then .ci/picture ./$(PROGRAM) .ci/golden-ddpm.png ddpm; fi

clean:
	rm -rf $(PROGRAM) dist screenshots build
