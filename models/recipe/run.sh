#!/bin/sh
# The recipe from nothing: an environment of its own with the pinned requirements, then `python -m recipe ARGUMENTS`.
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
exec nice -n 19 "$venv/bin/python" -m recipe --work "$work" "$@"
