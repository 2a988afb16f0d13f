#!/usr/bin/env bash
# Trains an adapter of an acoustic model and puts it into the model's folder. It learns from names
# that the model has not heard: invented ones, in sentences that local/train.sh wrote and did not
# have spoken, by the voices of training.
#
#   local/train_adapter.sh                          everything; resumable
#   local/train_adapter.sh --layers 12              the last layer alone, for comparison
#
# Stages: 1 sentences with invented names, 2 speech, 3 adapter, 4 what is committed:
# data/models/small/adapter.

# Options
stage=1                  # first stage to run
stop_stage=4             # last stage to run
nj=2                     # processes that speak
work=exp/train           # folder of local/train.sh, from here
skip=8000                # sentences of each corpus that the model was trained on
further=0                # of the 7,000 others: spoken by RHVoice and Pico; 1500 for that of small
model=data/models/small  # folder of the model that stays as it is
out=                     # folder of the run; WORK/adapter if empty
epochs=2                 # passes over the training speech
most_distractors=150     # on the list of a training utterance
max_duration=60          # seconds of sound in a batch
layers=none              # layers that make the query; none: intermediate losses' and the last
entity_encoder=lstm      # lstm or mean
intermediate_heads=false # true adds to the intermediate heads in training too
attention_width=96       # of queries, keys and values
attention_weight=0.5     # of the loss that says where attention shall be
learning_rate=2e-3       # its peak
checkpoint_every=100     # steps; the newest four are averaged
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

corpora=(parliament medical-terms)

if run_stage 1 "write sentences with invented names"; then
  for corpus in "${corpora[@]}"; do
    python -m local.synthetic.invent "$work/text/$corpus" --out "$work/text/$corpus-invented" \
      --skip "$skip"
  done
fi

if run_stage 2 "speak them"; then
  for corpus in "${corpora[@]}"; do
    text=$work/text/$corpus-invented speech=$work/speech/$corpus-invented
    usual=$(($(wc -l < "$text/train.tsv") - further))
    python -m local.synthetic.speak "$text" --sets train --limit "$usual" --out "$speech" \
      --nj "$nj"
    ((further == 0)) || python -m local.synthetic.speak "$text" --sets train --further \
      --skip "$usual" --out "$speech-further" --nj "$nj"
  done
fi

if run_stage 3 "train the adapter"; then
  OMP_NUM_THREADS=$(nproc) wfst-bias train-adapter \
    --cuts "$work"/speech/*-invented*/train.cuts.jsonl.gz \
    --dev-cuts "$work"/speech/{parliament,medical-terms}/dev.cuts.jsonl.gz \
    --model "$model" --out "$out" \
    --epochs "$epochs" --max-duration "$max_duration" --layers "$layers" \
    --attention-width "$attention_width" --entity-encoder "$entity_encoder" \
    --most-distractors "$most_distractors" "$heads" --attention-weight "$attention_weight" \
    --learning-rate "$learning_rate" --precision "$precision" --checkpoint-every "$checkpoint_every"
fi

if run_stage 4 "put the adapter beside its model"; then
  mkdir -p "$model/adapter"
  cp "$out"/{adapter.json,adapter.pt,log.jsonl} "$model/adapter"
fi
