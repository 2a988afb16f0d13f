#!/usr/bin/env bash
# local/realspeech/tune.sh: options for real speech, tuned on its development set.
#
# After ./run.sh --dataset realspeech --data-dir FOLDER --stop-stage 4. The set is decoded clear
# and with mishearings (roughen.py), without a list and with lists of 100, 1,000 and 5,000. What is
# made small weighs a wrong rare word 1.5, a wrong other word 1, and a word of a list that nobody
# said 0.5 more. Ranges are narrow around where earlier searches ended. A run that was cut off goes on when it is called again.

# Options
trials=80        # how many
exp=exp/realspeech # folder of the experiment
nj=2             # processes

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
option_script=local/realspeech/tune.sh
. local/parse_options.sh
. local/path.sh

data=$exp/data set=ljspeech_lj001
[[ -f $exp/lm.arpa ]] || fail_usage "no $exp/lm.arpa: first ./run.sh --dataset realspeech --stop-stage 4"
python -m local.realspeech.roughen "$data/$set.npz" "$data/$set".list{100,1000,5000}.tsv \
  --tokens "$data/tokens.txt" --out "$exp/tune"
wfst-bias tune --log-probs "$exp/tune/$set.npz" --tokens "$data/tokens.txt" --lm "$exp/lm.arpa" \
  --ref "$exp/tune/$set".list{100,1000,5000}.tsv --start local/realspeech/tuned.toml \
  --search scales.{lm_scale=0.35:0.9,spelling_nats=-1.5:-0.2,class_nats=-7:-1.5,word_nats=0:4} \
  boost.{per_word_nats=12:24,per_letter_nats=0:1,whole_letters=3:7,size_scale=1:4} \
  boost.{rival_scale=0:4,least_confidence=0.01:0.15} \
  adaptive.{gap_scale=0:0.6,most_nats=2:6,best_tokens=2:8} \
  --trials "$trials" --cache "$exp/graph/$set" --nj "$nj" --out "$exp/tune/tuned.toml"
echo "written: $exp/tune/tuned.toml; copy it to local/realspeech/tuned.toml to use it" >&2
