#!/usr/bin/env bash
# Makes what decoding by sound knows of an acoustic model, and puts it into the model's folder: how
# the words of its language model are said, which phones it takes for others, and how it spells names
# that it does not know.
#
#   local/train_sound.sh            after local/train.sh and the speech of local/train_adapter.sh
#
# Stages: 1 pronunciations, 2 costs of phones, 3 rules of spelling, 4 what is committed:
# lexicon.txt, phone_costs.tsv and g2g.tsv in data/models/small.

# Options
stage=1                  # first stage to run
stop_stage=4             # last stage to run
nj=2                     # batches encoded at once
work=exp/train           # folder of local/train.sh, from here
model=data/models/small  # folder of the model
out=                     # folder for all that is made; WORK/sound if empty
utterances=1500          # of each corpus, with invented names, that rules are learned from
least_count=5            # how often a difference must be seen to become a rule

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
option_script=local/train_sound.sh
. local/parse_options.sh
. local/path.sh

out=${out:-$work/sound}
mkdir -p "$out"

run_stage() { ((stage <= $1 && $1 <= stop_stage)) && echo "== stage $1: $2" >&2; }

if run_stage 1 "pronounce the words of the language model"; then
  zcat "$model/lm.arpa.gz" | awk -F '\t' '/^\\2-grams:/ { exit } NF > 1 && $2 !~ /^</ { print $2 }' \
    > "$out/words.txt"
  wfst-bias phones --words "$out/words.txt" --out "$out/lexicon.txt"
fi

if run_stage 2 "count which phones are taken for others, on dev"; then
  python local/heads.py "$model" --cuts "$work"/speech/{parliament,medical-terms}/dev.cuts.jsonl.gz \
    --lexicon "$work/lexicon.txt" --pairs "$out/heard.tsv"
  wfst-bias phone-costs --pairs "$out/heard.tsv" --out "$out/phone_costs.tsv"
fi

if run_stage 3 "learn how names are spelled that the model has not heard"; then
  python -m local.heard_names "$model" --nj "$nj" --utterances "$utterances" \
    --cuts "$work"/speech/{parliament,medical-terms}-invented/train.cuts.jsonl.gz \
    --out "$out/spelled.tsv"
  wfst-bias learn-rules --pairs "$out/spelled.tsv" --least-count "$least_count" --out "$out/g2g.tsv"
fi

if run_stage 4 "put them beside the model"; then
  cp "$out"/{lexicon.txt,phone_costs.tsv,g2g.tsv} "$model"
fi
