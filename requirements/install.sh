#!/usr/bin/env bash
# Install the lock into the environment of the Python given: requirements/install.sh .venv/bin/python
set -euo pipefail

python=$1
here=$(dirname "${BASH_SOURCE[0]}")
pip() { "$python" -m pip --disable-pip-version-check --no-input "$@"; }
# The lock is complete, so pip resolves nothing; what has no wheel is built with the tools of build.txt.
locked=(install --require-hashes --no-deps --no-build-isolation)

pip "${locked[@]}" --requirement "$here/build.txt"
pip "${locked[@]}" --requirement "$here/lock.txt"

# The index's build of torch asks for CUDA on Linux. Where pip can see a CPU build, that is the one wanted:
# nobody offers one to pip by accident. Left to itself pip would not prefer it in a folder of wheels.
cpu_build=$(sed -n 's/^torch==\([^ ]*\).*/\1/p' "$here/torch-cpu.txt")
in_sight=$(PIP_QUIET=0 pip index versions torch 2>/dev/null || true)
case "$in_sight" in
  *"$cpu_build"*) pip "${locked[@]}" --requirement "$here/torch-cpu.txt" ;;
  *) pip "${locked[@]}" --requirement "$here/torch.txt" ;;
esac
