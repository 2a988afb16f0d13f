#!/usr/bin/env bash
# Makes the acoustic model, the language models and the test sets of the two synthetic corpora,
# from nothing but the templates and names in local/parliament and local/medical-terms.
#
#   local/train.sh                          everything; hours on 2 cores, resumable
#   local/train.sh --stage 4                from a stage on
#
# Stages: 1 sentences, 2 speech, 3 subwords and pronunciations, 4 acoustic model, 5 language
# models, 6 what is committed: data/models/small, data/parliament, data/medical-terms.
# The speech is synthetic: espeak-ng, flite and festival have to be installed, and for --further
# RHVoice and Pico.

# Options
stage=1           # first stage to run
stop_stage=6      # last stage to run
nj=2              # processes that speak
work=exp/train    # folder for all that is made, from here
sentences=8000    # of each corpus that are spoken for training, of 15,000 that are written
breadth=3000      # sentences of other texts spoken beside them
further=0         # sentences of each corpus, beside those, that RHVoice and Pico speak
texts_dir=        # folder of other texts, from here, a sentence on each line of *.txt; none if empty
config=small      # small or base
epochs=7          # passes over the training speech
begin_with=       # folder of a model whose weights are trained on; random weights if empty
learning_rate=2.5e-3  # its peak; 5e-4 goes on well with begin_with
precision=float32 # bfloat16 is faster on GPUs and recent CPUs, with a recent torch

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
option_script=local/train.sh
. local/parse_options.sh
. local/path.sh

corpora=(parliament medical-terms)
model=$work/$config

run_stage() { ((stage <= $1 && $1 <= stop_stage)) && echo "== stage $1: $2" >&2; }
dev_cuts=("${corpora[@]/#/$work/speech/}")
dev_cuts=("${dev_cuts[@]/%//dev.cuts.jsonl.gz}")

if run_stage 1 "write sentences"; then
  for corpus in "${corpora[@]}"; do
    python -m local.synthetic.text "$corpus" --out "$work/text/$corpus"
  done
  if [[ -n $texts_dir ]]; then
    python -m local.synthetic.breadth "$work"/text/* --text "$texts_dir"/*.txt \
      --sentences $((breadth + further)) --out "$work/breadth.txt"
  fi
fi

if run_stage 2 "speak them"; then
  for corpus in "${corpora[@]}"; do
    python -m local.synthetic.speak "$work/text/$corpus" --sets dev,test \
      --out "$work/speech/$corpus" --nj "$nj"
    python -m local.synthetic.speak "$work/text/$corpus" --sets train --limit "$sentences" \
      --out "$work/speech/$corpus" --nj "$nj"
  done
  if [[ -f $work/breadth.txt ]]; then
    python -m local.synthetic.speak --text "$work/breadth.txt" --prefix train \
      --limit "$breadth" --out "$work/speech/breadth" --nj "$nj"
  fi
  if ((further > 0)); then
    for corpus in "${corpora[@]}"; do
      python -m local.synthetic.speak "$work/text/$corpus" --sets train --further \
        --skip "$sentences" --limit "$further" --out "$work/speech/$corpus-further" --nj "$nj"
    done
    if [[ -f $work/breadth.txt ]]; then
      python -m local.synthetic.speak --text "$work/breadth.txt" --prefix train --further \
        --skip "$breadth" --limit "$further" --out "$work/speech/breadth-further" --nj "$nj"
    fi
  fi
fi

if run_stage 3 "learn subwords and pronounce words"; then
  wfst-bias subwords --text "$work"/text/*/train.text --out "$work/subwords"
  cut -f 3 "$work"/text/*/{train,dev,test}.tsv > "$work/spoken.text"
  spoken=("$work/spoken.text")
  [[ ! -f $work/breadth.txt ]] || spoken+=("$work/breadth.txt")
  wfst-bias phones --text "${spoken[@]}" --out "$work/lexicon.txt"
fi

if run_stage 4 "train the acoustic model"; then
  begin=()
  [[ -z $begin_with ]] || begin=(--begin-with "$begin_with")
  OMP_NUM_THREADS=$(nproc) wfst-bias train --cuts "$work"/speech/*/train.cuts.jsonl.gz \
    --dev-cuts "${dev_cuts[@]}" \
    --subwords "${begin_with:-$work/subwords}" --lexicon "$work/lexicon.txt" --phones data/phones/phones.txt \
    --config "$config" --epochs "$epochs" --precision "$precision" --out "$model" \
    --learning-rate "$learning_rate" "${begin[@]}"
fi

if run_stage 5 "estimate language models"; then
  for corpus in "${corpora[@]}"; do
    wfst-bias lm --text "$work/text/$corpus/train.text" --min-word-count 5 --out "$work/lm/$corpus.arpa.gz"
  done
  wfst-bias lm --text "$work"/text/*/train.text --min-word-count 5 --out "$work/lm/both.arpa.gz"
fi

if run_stage 6 "put what is committed into data/"; then
  released=data/models/$config
  mkdir -p "$released"
  cp "$model"/{config.json,weights.pt,bpe.model,tokens.txt,phones.txt,log.jsonl} "$released"
  cp "$work/lm/both.arpa.gz" "$released/lm.arpa.gz"
  for corpus in "${corpora[@]}"; do
    out=data/$corpus
    mkdir -p "$out/dev" "$out/test"
    cp "$work/text/$corpus"/{dev.tsv,test.tsv,distractors.txt} "$out"
    cp "$work/lm/$corpus.arpa.gz" "$out/lm.arpa.gz"
    for set in dev test; do
      cp -r "$work/speech/$corpus/$set/audio" "$out/$set"
    done
    # The audio is there, so this only writes manifests that name it.
    python -m local.synthetic.speak "$work/text/$corpus" --sets dev,test --out "$out"
  done
fi
