#!/bin/sh
# The recipe from nothing: an environment of its own with the pinned requirements, then `python -m recipe ARGUMENTS`;
# `run.sh test` runs the tests of recipe and evaluate in it instead: three minutes of one core, no data, no GPU.
# NIRVANA_TRAIN names the folder for everything that is kept (default ~/.cache/nirvana/train).
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=${NIRVANA_TRAIN:-${XDG_CACHE_HOME:-$HOME/.cache}/nirvana/train}
venv=$work/venv
mkdir -p "$work"
if ! [ -f "$venv/ready" ] || ! cmp -s "$here/recipe/requirements.txt" "$venv/ready"; then
	python3 -m venv "$venv"
	"$venv/bin/pip" install --quiet --requirement "$here/recipe/requirements.txt"
	cp "$here/recipe/requirements.txt" "$venv/ready"
fi
cd "$here"
if [ "${1:-}" = test ]; then
	shift
	exec "$venv/bin/python" -m unittest "$@" recipe.test_recipe recipe.test_training evaluate.test_evaluate
fi
exec nice -n 19 "$venv/bin/python" -m recipe --work "$work" "$@"
