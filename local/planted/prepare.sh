#!/usr/bin/env bash
# prepare.sh OUT: the committed planted data, once they are seen to be what their script makes.

set -euo pipefail
out=$1
planted=data/planted

python local/make_planted.py --check

mkdir -p "$out"
cp local/planted/dataset.toml "$planted/tokens.txt" "$planted/text.txt" "$out"
for name in dev test; do
  cp "$planted/$name.npz" "$out"
  cp "$planted/$name.tsv" "$out/$name.list100.tsv"
  cp "$planted/names.txt" "$out/$name.shared.txt"
done
