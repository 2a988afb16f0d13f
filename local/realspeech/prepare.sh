#!/usr/bin/env bash
# prepare.sh OUT [FOLDER]: log-probabilities of real speech, with lists of four kinds.
#
# The lists of 100 are the published ones; to those of 1,000 and 5,000 words are added that
# rank past the 5,000 most frequent ones. The shared list is every rare word of the set.
# The language model gets nothing of the references: its text is other chapters.

set -euo pipefail
out=$1
source=${2:-../shared}
counts=$source/text/librispeech_word_counts.tsv
text=$source/text/ljspeech_transcripts_lj003_lj050.txt

for needed in "$source"/realspeech/{tokens.txt,{ljspeech_lj001,commonvoice_100}.{npz,is21.tsv}} \
  "$counts" "$text"; do
  [[ -f $needed ]] || {
    echo "no $needed: the data set realspeech does not come with the project." \
      "Name the folder that has realspeech/ and text/ with --data-dir;" \
      "./run.sh alone runs the demonstration, which needs nothing." >&2
    exit 2
  }
done

mkdir -p "$out"
cp local/realspeech/dataset.toml "$source/realspeech/tokens.txt" "$out"
cp "$text" "$out/text.txt"
cp "$counts" "$out/word_counts.tsv"
for name in ljspeech_lj001 commonvoice_100; do
  published=$source/realspeech/$name.is21.tsv
  cp "$source/realspeech/$name.npz" "$out"
  cp "$published" "$out/$name.list100.tsv"
  for size in 1000 5000; do
    python local/make_lists.py enlarge "$published" --word-counts "$counts" --size "$size" \
      --out "$out/$name.list$size.tsv"
  done
  python local/make_lists.py share "$published" --out "$out/$name.shared.txt"
done
