#!/usr/bin/env bash
# Decodes a data set without and with lists of names, and scores both.
#
#   ./run.sh                         the demonstration, which comes with the project
#   ./run.sh --dataset realspeech    log-probabilities of real speech, where they are at hand
#   ./run.sh --stage 4               from a stage on, after a run that made what it needs
#
# Stages: 0 environment, 1 data, 2 language model, 3 graph, 4 decoding without a list, 5 with lists,
# 6 scores. Everything is made in exp/DATASET.

# Options
stage=0         # first stage to run
stop_stage=6    # last stage to run
dataset=demo    # demo or realspeech
nj=2            # decoding processes
exp=            # folder for all that is made, from here; exp/DATASET if empty
data_dir=       # realspeech only: where realspeech/ and text/ lie, from here; ../shared if empty

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. local/parse_options.sh
. local/path.sh

[[ -x local/$dataset/prepare.sh ]] || fail_usage "no such data set: $dataset"
for number in "$stage" "$stop_stage" "$nj"; do
  [[ $number =~ ^(0|[1-9][0-9]*)$ ]] || fail_usage "expected a whole number: $number"
done
((nj > 0)) || fail_usage "--nj must be at least 1"
exp=${exp:-exp/$dataset}
data=$exp/data # for each SET: SET.npz, SET.list*.tsv with a list per utterance, SET.shared.txt

tuned=local/$dataset/tuned.toml # how to decode, where that was tuned for the data set
options=()
[[ -f $tuned ]] && options=(--options "$tuned")

run_stage() { ((stage <= $1 && $1 <= stop_stage)) && echo "== stage $1: $2" >&2; }
lists_of() { basename -s .tsv "$data/$1".list*.tsv | sed "s/^$1\.//"; }

# decode SET CONDITION [--entities FILE | --entities-tsv FILE]
decode() {
  local out=$exp/decode/$1.$2
  echo "-- $1, $2" >&2
  wfst-bias decode --log-probs "$data/$1.npz" --tokens "$data/tokens.txt" --lm "$exp/lm.arpa" \
    "${@:3}" "${options[@]}" --nj "$nj" --cache "$exp/graph/$1" --out "$out"
  cp "${options[1]-/dev/null}" "$out/options.toml" # empty: the defaults
}

# score SET CONDITION --ref FILE [--entities FILE]
score() {
  local out=$exp/score/$1.$2
  mkdir -p "$exp/score"
  wfst-bias score --hyp "$exp/decode/$1.$2/text" "${@:3}" --json "$out.json" > "$out.txt"
}

if run_stage 0 "set up the environment"; then
  local/setup.sh
fi

if run_stage 1 "prepare the data"; then
  [[ ! -e $data || -f $data/dataset.toml ]] || fail_usage "$data is there and not ours: name another --exp"
  rm -rf "$data.unfinished"
  "local/$dataset/prepare.sh" "$data.unfinished" "$data_dir"
  rm -rf "$data"
  mv "$data.unfinished" "$data"
fi
((stop_stage > 1)) || exit 0
[[ -f $data/dataset.toml ]] || fail_usage "no data in $data: start from --stage 1"
mapfile -t sets < <(basename -s .npz "$data"/*.npz)

if run_stage 2 "estimate the language model"; then
  counts=()
  [[ -f $data/word_counts.tsv ]] && counts=(--word-counts "$data/word_counts.tsv")
  wfst-bias lm --text "$data/text.txt" "${counts[@]}" --vocab-size 20000 --order 3 --out "$exp/lm.arpa"
fi

if run_stage 3 "compile tokens, lexicon and LM into a graph, and the shared lists"; then
  for set in "${sets[@]}"; do
    echo "-- $set" >&2
    wfst-bias compile --tokens "$data/tokens.txt" --lm "$exp/lm.arpa" \
      --entities "$data/$set.shared.txt" "${options[@]}" --out "$exp/graph/$set"
  done
fi

if run_stage 4 "decode without a list"; then
  for set in "${sets[@]}"; do
    decode "$set" none
  done
fi

if run_stage 5 "decode with lists"; then
  for set in "${sets[@]}"; do
    for list in $(lists_of "$set"); do
      decode "$set" "$list" --entities-tsv "$data/$set.$list.tsv"
    done
    decode "$set" shared --entities "$data/$set.shared.txt"
  done
fi

if run_stage 6 "score"; then
  for set in "${sets[@]}"; do
    score "$set" none --ref "$data/$set.list100.tsv"
    for list in $(lists_of "$set"); do
      score "$set" "$list" --ref "$data/$set.$list.tsv"
    done
    score "$set" shared --ref "$data/$set.list100.tsv" --entities "$data/$set.shared.txt"
  done
  python local/show_changes.py "$exp"
  python local/results.py "$exp" --out "$exp/results.md"
fi
