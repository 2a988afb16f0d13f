#!/usr/bin/env bash
# prepare.sh OUT [FOLDER [SUBSET]]: audio of the two synthetic corpora, with their language models,
# and lists with 100, 1,000 and 5,000 distractors; SUBSET is test or dev.

set -euo pipefail
out=$1
source=${2:-data}
subset=${3:-test}

for corpus in parliament medical-terms; do
  [[ -f $source/$corpus/$subset.cuts.jsonl.gz ]] || {
    echo "no $source/$corpus/$subset.cuts.jsonl.gz: ./run.sh --train true makes the corpora, and" \
      "--data-dir names the folder where they lie" >&2
    exit 2
  }
done

mkdir -p "$out"
sed "s/SUBSET/$subset/" local/demo/dataset.toml > "$out/dataset.toml"
for corpus in parliament medical-terms; do
  folder=$source/$corpus
  cp "$folder/$subset.cuts.jsonl.gz" "$out/$corpus.cuts.jsonl.gz"
  cp "$folder/lm.arpa.gz" "$out/$corpus.lm.arpa.gz"
  python -m local.synthetic.lists "$folder/$subset.tsv" --distractors "$folder/distractors.txt" \
    --shared 5000 --out "$out/$corpus"
done
