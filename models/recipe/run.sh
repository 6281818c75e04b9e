#!/bin/sh
# The training from nothing: an environment of its own with the pinned requirements, then `python -m recipe ARGUMENTS`.
# `run.sh test` runs the tests of recipe and evaluate: those that need no torch in a small environment (100 MB), a minute;
# the others, three minutes of one core, where the whole environment (6 GB) is there already or NIRVANA_TORCH=1 asks for it.
# No data, no GPU. NIRVANA_TRAIN names the folder for everything that is kept (default ~/.cache/nirvana/train).
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=${NIRVANA_TRAIN:-${XDG_CACHE_HOME:-$HOME/.cache}/nirvana/train}
mkdir -p "$work"

# environment NAME REQUIREMENTS: a virtual environment under work, made anew when its requirements change.
environment() {
	cmp -s "$2" "$work/$1/ready" && return
	python3 -m venv "$work/$1"
	"$work/$1/bin/pip" install --quiet --requirement "$2"
	cp "$2" "$work/$1/ready"
}

cd "$here"
if [ "${1:-}" = test ]; then
	shift
	light=$(mktemp)
	trap 'rm -f "$light"' EXIT
	grep -E '^(numpy|onnx|onnxruntime|pillow|resvg-py|safetensors|tokenizers)==' recipe/requirements.txt >"$light"
	environment light "$light"
	"$work/light/bin/python" -m unittest "$@" recipe.test_data evaluate.test_templates
	if [ "${NIRVANA_TORCH:-}" != 1 ] && ! cmp -s recipe/requirements.txt "$work/venv/ready"; then
		echo "run.sh: the tests that need torch were not run: NIRVANA_TORCH=1 installs it first (6 GB)" >&2
		exit 0
	fi
	environment venv recipe/requirements.txt
	exec "$work/venv/bin/python" -m unittest "$@" recipe.test_recipe recipe.test_training evaluate.test_evaluate
fi
environment venv recipe/requirements.txt
exec nice -n 19 "$work/venv/bin/python" -m recipe --work "$work" "$@"
