# shellcheck shell=bash
# Sourced: puts the project's environment first on PATH, and fixes what results could depend on.

PATH=${WFST_BIAS_VENV:-$PWD/.venv}/bin:$PATH
export PATH
export PYTHONUTF8=1 LC_ALL=C.UTF-8
export OMP_NUM_THREADS=1 # a process is one thread; decoding in parallel is what --nj is for
