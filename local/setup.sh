#!/usr/bin/env bash
# Makes .venv: Python 3.10 with the packages of local/constraints.txt and this one, editable.
#
#   local/setup.sh [--benchmarks]    also installs the peers that benchmarks/ compares with
#
# A second call returns at once, until pyproject.toml, the constraints or this script change.
# An interrupted call is made good by the next one. With WFST_BIAS_VENV set, the environment in
# that folder is used as it is and nothing is installed: the way to run on another k2.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly venv=$PWD/.venv
readonly stamp=$venv/wfst-bias.stamp        # says what a complete environment was made from
readonly unfinished=$venv/wfst-bias.unfinished
extras=decode,audio,corpora,train,tune,g2p,plots,report,cluster,test,lint

say() { echo "setup: $*" >&2; }
die() { say "$*"; exit 1; }

main() {
  case "${1-}" in
    '') if has_benchmarks; then extras+=,benchmarks; fi ;; # what is there stays up to date
    --benchmarks) extras+=,benchmarks ;;
    *) say "unknown option: $1"; exit 2 ;;
  esac
  if [[ -n ${WFST_BIAS_VENV-} ]]; then
    check_given_environment
  elif ! is_current "$(wanted)"; then
    with_lock make_current
  fi
}

# Prints what the environment should be made from: the folder, the extras, and the files' content.
wanted() {
  echo "$venv"
  echo "$extras"
  cksum < pyproject.toml
  cksum < local/constraints.txt
  cksum < local/k2.txt
  cksum < local/setup.sh
}

is_current() {
  [[ -f $stamp && -x $venv/bin/python && $(< "$stamp") == "$1" ]]
}

has_benchmarks() {
  [[ -f $stamp && $(sed -n 2p "$stamp") == *,benchmarks ]]
}

check_given_environment() {
  [[ -x $WFST_BIAS_VENV/bin/wfst-bias ]] ||
    die "WFST_BIAS_VENV=$WFST_BIAS_VENV has no bin/wfst-bias: pip install -e . there"
}

# Keeps two set-ups of one folder apart, where the system has flock.
with_lock() {
  if command -v flock > /dev/null; then
    exec 9< pyproject.toml
    flock --nonblock 9 || { say "another set-up is running; waiting for it"; flock 9; }
  fi
  "$@"
}

make_current() {
  local key
  key=$(wanted)
  if is_current "$key"; then return; fi # another set-up has just done it
  check_platform
  discard_unusable
  if [[ -d $venv ]]; then
    say "updating .venv (what it is made from has changed)"
    touch "$unfinished"
  else
    make_environment
  fi
  install_packages
  check_packages
  echo "$key" > "$stamp"
  rm "$unfinished"
  say "done"
}

check_platform() {
  [[ $(uname -s) == Linux && $(uname -m) == x86_64 ]] ||
    die "k2's wheel on the package index is for Linux on x86-64, and this is $(uname -sm);" \
      "build k2 yourself and name its environment in WFST_BIAS_VENV"
}

# Removes an environment that was left half made, or that another folder's scripts point to.
discard_unusable() {
  [[ -e $venv ]] || return 0
  if [[ -e $unfinished ]]; then
    say "an earlier set-up did not finish: starting again"
  elif [[ ! -e $stamp ]]; then
    die ".venv is there but was not made by local/setup.sh:" \
      "move it away, or set WFST_BIAS_VENV=.venv to use it as it is"
  elif [[ $(head -n 1 "$stamp") != "$venv" || ! -x $venv/bin/python ]]; then
    say ".venv was moved here, or its Python is gone: starting again"
  else
    return 0
  fi
  rm -rf "$venv"
}

make_environment() {
  local python
  python=$(find_python) || die "no Python 3.10 with venv found (k2's wheel needs that version)." \
    "Any one of these gets it: uv python install 3.10 | pyenv install 3.10 |" \
    "conda create -n py310 python=3.10 | apt-get install python3.10-venv"
  say "1/3 making .venv with $python"
  mkdir "$venv"
  touch "$unfinished"
  "$python" -m venv "$venv"
}

# Prints a Python 3.10 that can make environments.
find_python() {
  local candidate
  while IFS= read -r candidate; do
    if is_python310 "$candidate"; then
      echo "$candidate"
      return
    fi
  done < <(python_candidates)
  return 1
}

python_candidates() {
  printf '%s\n' python3.10 python3 python
  printf '%s\n' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10*/bin/python
  local conda
  for conda in "${CONDA_PREFIX-}" "$HOME"/{miniconda3,anaconda3,miniforge3,mambaforge} /opt/conda; do
    printf '%s\n' "$conda/bin/python" "$conda"/envs/*/bin/python
  done
  uv python find 3.10 2> /dev/null || true
}

is_python310() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 10))' &> /dev/null
}

install_packages() {
  say "2/3 installing packages (a download of 2 GB, 4.3 GB on disk; some minutes the first time)"
  # From version 25 on, pip warns of and then refuses the names of k2's wheels, such as
  # k2-1.23.4-py3.10-none-any.whl. Python 3.10 brings an older pip: it is left alone.
  if ! "$venv/bin/python" -c 'import pip, sys; sys.exit(int(pip.__version__.split(".")[0]) >= 25)'
  then
    "$venv/bin/python" -m pip install --disable-pip-version-check 'pip==23.0.1'
  fi
  local install=("$venv/bin/python" -m pip install --disable-pip-version-check)
  {
    "${install[@]}" --no-deps --require-hashes --requirement local/k2.txt &&
      "${install[@]}" --constraint local/constraints.txt --editable ".[$extras]"
  } ||
    die "installing failed (see above); call this again once the cause is gone"
}

check_packages() {
  say "3/3 checking that k2, torch and Pynini load"
  "$venv/bin/python" -c 'import k2, pynini, torch; import wfst_bias' ||
    die "the packages are there but do not load (see above)"
}

main "$@"
