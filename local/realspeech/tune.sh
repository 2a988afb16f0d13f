#!/usr/bin/env bash
# local/realspeech/tune.sh: options for real speech, tuned on its development set.
#
# After ./run.sh --dataset realspeech --data-dir FOLDER --stop-stage 4. The set is decoded clear
# and with mishearings (roughen.py), without a list and with lists of 100, 1,000 and 5,000. What is
# made small weighs a wrong rare word 1.5, a wrong other word 1, and a word of a list that nobody
# said 0.5 more. A run that was cut off goes on when it is called again.

# Options
trials=80        # how many
exp=exp/realspeech
nj=2             # processes

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. local/parse_options.sh
. local/path.sh

data=$exp/data set=ljspeech_lj001
[[ -f $exp/lm.arpa ]] || fail_usage "no $exp/lm.arpa: first ./run.sh --dataset realspeech --stop-stage 4"
python -m local.realspeech.roughen "$data/$set.npz" "$data/$set".list{100,1000,5000}.tsv \
  --tokens "$data/tokens.txt" --out "$exp/tune"
wfst-bias tune --log-probs "$exp/tune/$set.npz" --tokens "$data/tokens.txt" --lm "$exp/lm.arpa" \
  --ref "$exp/tune/$set".list{100,1000,5000}.tsv --start local/realspeech/tuned.toml \
  --search scales boost adaptive.gap_scale adaptive.most_nats adaptive.best_tokens=2:8 \
  --trials "$trials" --cache "$exp/graph/$set" --nj "$nj" --out "$exp/tune/tuned.toml"
echo "written: $exp/tune/tuned.toml; copy it to local/realspeech/tuned.toml to use it" >&2
