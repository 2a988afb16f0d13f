#!/usr/bin/env bash
# prepare_set.sh DATASET OUT FOLDER SUBSET: a downloaded corpus, ready to be recognized with lists;
# what the prepare.sh of each of them calls.

set -euo pipefail
dataset=$1 out=$2 folder=$3 subset=$4

if [[ -z $folder ]]; then
  echo "the data set $dataset does not come with the project." \
    "Name the folder where you downloaded it with --data-dir" >&2
  exit 2
fi

mkdir -p "$out"
python -m "local.$dataset.prepare" "$folder" --out "$out/manifests"
cp "$out/manifests/${dataset}_cuts_$subset.jsonl.gz" "$out/$subset.cuts.jsonl.gz"
python -m local.corpora.names "$out/manifests/$dataset" "$subset" --out "$out"
python -m local.synthetic.lists "$out/$subset.tsv" --distractors "$out/distractors.txt" \
  --out "$out/$subset"
sed "s/SUBSET/$subset/" "local/$dataset/dataset.toml" > "$out/dataset.toml"
