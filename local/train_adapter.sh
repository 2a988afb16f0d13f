#!/usr/bin/env bash
# Trains an adapter of an acoustic model on the speech that local/train.sh made (its stage 2), and
# puts it into the model's folder.
#
#   local/train_adapter.sh                          everything; resumable
#   local/train_adapter.sh --layers 12              the last layer alone, for comparison
#
# Stages: 1 train, 2 what is committed: data/models/small/adapter.

# Options
stage=1                  # first stage to run
stop_stage=2             # last stage to run
work=exp/train           # folder of local/train.sh, from here
model=data/models/small  # folder of the model that stays as it is
out=                     # folder of the run; WORK/adapter if empty
epochs=4                 # passes over the training speech
max_duration=60          # seconds of sound in a batch
layers=none              # layers that make the query; none: intermediate losses' and the last
slots=subwords           # subwords or entity: what attention matches
entity_encoder=lstm      # lstm or mean
intermediate_heads=false # true adds to the intermediate heads in training too
attention_weight=0.2     # of the loss that says where attention shall be
learning_rate=1e-3       # its peak
precision=float32        # bfloat16 is faster on GPUs and recent CPUs, with a recent torch

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
option_script=local/train_adapter.sh
. local/parse_options.sh
. local/path.sh

out=${out:-$work/adapter}
heads=--no-intermediate-heads
[[ $intermediate_heads != true ]] || heads=--intermediate-heads

run_stage() { ((stage <= $1 && $1 <= stop_stage)) && echo "== stage $1: $2" >&2; }

if run_stage 1 "train the adapter"; then
  OMP_NUM_THREADS=$(nproc) wfst-bias train-adapter --cuts "$work"/speech/*/train.cuts.jsonl.gz \
    --dev-cuts "$work"/speech/*/dev.cuts.jsonl.gz --model "$model" --out "$out" \
    --epochs "$epochs" --max-duration "$max_duration" --layers "$layers" --slots "$slots" \
    --entity-encoder "$entity_encoder" "$heads" --attention-weight "$attention_weight" \
    --learning-rate "$learning_rate" --precision "$precision"
fi

if run_stage 2 "put the adapter beside its model"; then
  mkdir -p "$model/adapter"
  cp "$out"/{adapter.json,adapter.pt,log.jsonl} "$model/adapter"
fi
