#!/usr/bin/env bash
# prepare.sh OUT: the committed demonstration data, once it is seen to be what its script makes.

set -euo pipefail
out=$1
demo=data/demo

python local/make_demo.py --check

mkdir -p "$out"
cp local/demo/dataset.toml "$demo/tokens.txt" "$demo/text.txt" "$out"
for name in dev test; do
  cp "$demo/$name.npz" "$out"
  cp "$demo/$name.tsv" "$out/$name.list100.tsv"
  cp "$demo/names.txt" "$out/$name.shared.txt"
done
