#!/usr/bin/env bash
# Recognizes a data set without and with lists of names, and scores both.
#
#   ./run.sh                         the synthetic test audio, which comes with the project
#   ./run.sh --dataset planted       imitated log-probabilities, which come with it too: seconds
#   ./run.sh --dataset voxpopuli --data-dir FOLDER --model MODEL
#   ./run.sh --train true            speech and models from nothing before that, in hours
#   ./run.sh --stage 5               from a stage on, after a run that made what it needs
#   ./run.sh --systems all           each technique alone, too, and all but it: local/systems.toml
#
# Stages: 0 environment, 1 data, 2 log-probabilities, 3 language model, 4 graph, 5 decoding without
# a list, 6 with lists, 7 with other systems, 8 scores and report. Everything is made in
# exp/DATASET; what was made there of the same files, by the same command and programs, is not made
# again.

# Options
stage=0                  # first stage to run
stop_stage=8             # last stage to run
dataset=demo             # demo, planted, voxpopuli, medical or realspeech
# shellcheck disable=SC2209
subset=test              # test or dev, of the data sets with audio
model=data/models/small  # folder of the acoustic model, for audio
train=false              # true makes the corpora of demo and the model first, by local/train*.sh
data_dir=                # where data lie that do not come with the project, from here
systems=                 # other systems, with spaces between, or all; see local/systems.toml
system_lists="list100 shared" # what they decode with
adapter=auto             # folder of the model's adapter; auto: MODEL/adapter if it is there; none
longest=100              # most distractors in lists of the utterances: 100, 1000 or 5000
nj=2                     # processes
dask=                    # decode with Dask: local, slurm, ADDRESS and so on: docs/clusters.md
exp=                     # folder for all that is made, from here; exp/DATASET if empty

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. local/parse_options.sh
. local/path.sh
. local/once.sh

[[ -x local/$dataset/prepare.sh ]] || fail_usage "no such data set: $dataset"
for number in "$stage" "$stop_stage" "$longest" "$nj"; do
  [[ $number =~ ^(0|[1-9][0-9]*)$ ]] || fail_usage "expected a whole number: $number"
done
((nj > 0)) || fail_usage "--nj must be at least 1"
[[ $subset == test || $subset == dev ]] || fail_usage "--subset is test or dev, not $subset"
[[ $train == true || $train == false ]] || fail_usage "--train is true or false, not $train"
[[ $train == false || $dataset == demo ]] || fail_usage "--train true is for --dataset demo"
[[ -n $exp ]] || { exp=exp/$dataset; [[ $subset == test ]] || exp+=-$subset; }
[[ -z $dask ]] || export WFST_BIAS_DASK=$dask # no flag: what is made does not depend on it
data=$exp/data # for each SET: SET.cuts.jsonl.gz or SET.npz, SET.list*.tsv, SET.shared.txt

run_stage() { ((stage <= $1 && $1 <= stop_stage)) && echo "== stage $1: $2" >&2; }
first_of() { local file; for file; do [[ ! -f $file ]] || { echo "$file"; return; }; done; }
lists_of() { # SET: list100 and so on, shared
  local size
  for size in 100 1000 5000; do
    [[ ! -f $data/$1.list$size.tsv ]] || ((size > longest)) || echo "list$size"
  done
  echo shared
}
log_probs_of() { first_of "$data/$1.npz" "$exp/log_probs/$1.npz"; }
phones_of() { [[ $with_phones == false ]] || first_of "$exp/log_probs/$1.phones.npz"; }
heard() { # SET LIST: what is decoded, by the model with its adapter if there is a list
  if [[ $with_adapter == false || $adapter == none || $2 == none ]]; then
    log_probs_of "$1"
  else
    first_of "$exp/log_probs/$1.adapted.$2.npz"
  fi
}
lm_of() { first_of "$data/$1.lm.arpa.gz" "$exp/lm.arpa"; }
give_list() { # SET LIST: the flags of a list, and its file
  case $2 in
    none) list_flags=() ;;
    shared) list_flags=(--entities "$data/$1.shared.txt") ;;
    *) list_flags=(--entities-tsv "$data/$1.$2.tsv") ;;
  esac
  list_file=${list_flags[1]-}
}

# decode SET LIST, by the system that is named, or else with all that there is
decode() {
  local condition=${system:+$system.}$2 log_probs phones lm list_flags list_file lattices=()
  local out=$exp/decode/$1.$condition
  log_probs=$(heard "$1" "$2")
  phones=$(phones_of "$1")
  [[ -n $system || " $explained " != *" $2 "* ]] || lattices=(--lattices)
  lm=$(first_of "$exp/systems/$1.$system.arpa.gz" "$(lm_of "$1")")
  [[ -n $log_probs && -n $lm ]] || fail_usage "not all made that decoding needs: start from --stage 2"
  give_list "$1" "$([[ $with_list == true ]] && echo "$2" || echo none)"
  echo "-- $1, $condition" >&2
  mkdir -p "$out"
  if [[ $with_search == false ]]; then
    python -m local.greedy "$log_probs" --tokens "$tokens" --out "$out/text"
    return
  fi
  cp "${options[1]-/dev/null}" "$out/options.toml" # empty: the defaults
  once "$out/made_from" "$log_probs" "$phones" "$tokens" "$lm" "$out/options.toml" "$list_file" \
    "$model"/{lexicon.txt,phone_costs.tsv,g2g.tsv} data/g2g/*.tsv -- \
    wfst-bias decode --log-probs "$log_probs" ${phones:+--phone-log-probs "$phones"} \
    "${acoustic[@]}" --lm "$lm" "${options[@]}" \
    "${list_flags[@]}" "${lattices[@]}" --nj "$nj" --cache "$exp/graph/$1" --out "$out"
}

# score SET LIST, of the same system, and explain misses where there are lattices; the names are
# those of the list
score() {
  local condition=${system:+$system.}$2 reference=$data/$1.$2.tsv names=() compared=()
  local out=$exp/score/$1.$condition decoded=$exp/decode/$1.$condition
  local other=$exp/decode/$1.${against:+$against.}$2/text
  [[ -f $reference ]] || reference=$data/$1.list100.tsv
  [[ $2 != shared ]] || names=(--entities "$data/$1.shared.txt")
  [[ " ${chosen[*]} " != *" ${against:-$system} "* || ! -f $other ]] || compared=(--compare "$other")
  mkdir -p "$exp/score"
  wfst-bias score --hyp "$decoded/text" --ref "$reference" "${names[@]}" --lm "$(lm_of "$1")" \
    "${compared[@]}" --json "$out.json" > "$out.txt"
  [[ ! -d $decoded/lattices ]] ||
    wfst-bias misses --nbest "$decoded/nbest.jsonl" --lattices "$decoded/lattices" \
      --ref "$reference" "${names[@]}" --log-probs "$(heard "$1" "$2")" --tokens "$tokens" \
      --json "$out.misses.json" > "$out.misses.txt"
}

running=()
beside() { # COMMAND...: beside others, --nj of them at once; finish waits for all
  ((${#running[@]} < nj)) || { wait "${running[0]}"; running=("${running[@]:1}"); }
  "$@" &
  running+=($!)
}
finish() {
  local job
  for job in "${running[@]}"; do wait "$job"; done
  running=()
}

if run_stage 0 "set up the environment"; then
  local/setup.sh
fi

explained="list100 shared" # lists whose misses are put down to causes, for which lattices are kept
chosen=() system='' # of $chosen, the one that is decoded or scored
against=            # the system that it is compared with; empty for the one that has everything
with_search=true with_adapter=true with_list=true with_phones=true
if [[ -n $systems ]]; then
  [[ $systems != all ]] || systems=
  # shellcheck disable=SC2086
  systems=$(python -m local.systems names $systems)
  mapfile -t chosen <<< "$systems"
fi

if run_stage 1 "prepare the data"; then
  [[ ! -e $data || -f $data/dataset.toml ]] || fail_usage "$data is there and not ours: name another --exp"
  if [[ $train == true ]]; then
    local/train.sh --nj "$nj"
    local/train_adapter.sh --nj "$nj"
    local/train_sound.sh --nj "$nj"
  fi
  rm -rf "$data.unfinished"
  "local/$dataset/prepare.sh" "$data.unfinished" "$data_dir" "$subset"
  rm -rf "$data"
  mv "$data.unfinished" "$data"
fi
((stop_stage > 1)) || exit 0
[[ -f $data/dataset.toml ]] || fail_usage "no data in $data: start from --stage 1"
mapfile -t sets < <(basename -s .list100.tsv "$data"/*.list100.tsv)
tokens=$data/tokens.txt acoustic=(--tokens "$data/tokens.txt") options=()
[[ -f $tokens ]] || { tokens=$model/tokens.txt; acoustic=(--model "$model"); } # data with audio
tuned=$(first_of "local/$dataset/tuned.toml" "${tokens%/*}/decode.toml")
[[ -z $tuned ]] || options=(--options "$tuned")
grep -qsE '^\[(phone_rescore|lexicon_lookup)\]' "$tuned" || with_phones=false
tuned_phones=$with_phones

if [[ $adapter == auto ]]; then
  adapter=$model/adapter
  [[ -f $adapter/adapter.pt ]] || adapter=none
fi
[[ -n $(compgen -G "$data/*.cuts.jsonl.gz") ]] || adapter=none # it needs audio

# encode SET: by the model alone, phones too, and in the same pass by its adapter with each list
encode() {
  local out=$exp/log_probs/$1 cuts=$data/$1.cuts.jsonl.gz more=() made_of=() list list_flags list_file
  [[ ! -f $model/phones.txt ]] || more=(--phones-out "$out.phones.npz")
  if [[ $adapter != none ]]; then
    more+=(--adapter "$adapter") made_of=("$adapter"/adapter.{json,pt})
    for list in $(lists_of "$1"); do
      give_list "$1" "$list"
      more+=("--also-${list_flags[0]#--}" "$list_file" "$out.adapted.$list.npz")
      made_of+=("$list_file")
    done
  fi
  echo "-- $1" >&2
  mkdir -p "$exp/log_probs"
  once "$out.made_from" "$cuts" "$model"/{config.json,weights.pt} "${made_of[@]}" -- \
    wfst-bias encode --audio "$cuts" --model "$model" "${more[@]}" --nj "$nj" --out "$out.npz"
}

if run_stage 2 "compute log-probabilities of audio, with an adapter for each list too"; then
  for set in "${sets[@]}"; do
    [[ ! -f $data/$set.cuts.jsonl.gz ]] || encode "$set"
  done
fi

if [[ -f $data/text.txt ]] && run_stage 3 "estimate the language model"; then
  counts=()
  [[ -f $data/word_counts.tsv ]] && counts=(--word-counts "$data/word_counts.tsv")
  once "$exp/lm.made_from" "$data"/{text.txt,word_counts.tsv} -- \
    wfst-bias lm --text "$data/text.txt" "${counts[@]}" --vocab-size 20000 --order 3 \
    --out "$exp/lm.arpa"
fi

if run_stage 4 "compile tokens, lexicon and LM into a graph, and the shared lists"; then
  for set in "${sets[@]}"; do
    echo "-- $set" >&2
    wfst-bias compile --tokens "$tokens" --lm "$(lm_of "$set")" \
      --entities "$data/$set.shared.txt" "${options[@]}" --out "$exp/graph/$set"
  done
fi

if run_stage 5 "decode without a list"; then
  for set in "${sets[@]}"; do
    decode "$set" none
  done
fi

if run_stage 6 "decode with lists"; then
  for set in "${sets[@]}"; do
    for list in $(lists_of "$set"); do
      decode "$set" "$list"
    done
  done
fi

if ((${#chosen[@]})) && run_stage 7 "decode with other systems"; then
  mkdir -p "$exp/systems"
  python -m local.systems titles "${chosen[@]}" > "$exp/systems/titles.toml"
  for system in "${chosen[@]}"; do
    options=(--options "$exp/systems/$system.toml")
    python -m local.systems options "$system" ${tuned:+--tuned "$tuned"} --out "${options[1]}"
    read -r with_search with_adapter with_list with_phones < <(
      python -m local.systems parts "$system" "${options[1]}"
    )
    for set in "${sets[@]}"; do
      once "$exp/systems/$set.$system.made_from" "$(lm_of "$set")" local/systems.toml -- \
        python -m local.systems lm "$system" "$(lm_of "$set")" \
        --out "$exp/systems/$set.$system.arpa.gz"
      for list in $system_lists; do
        decode "$set" "$list"
      done
    done
  done
  system='' with_search=true with_adapter=true with_list=true with_phones=$tuned_phones
fi

if run_stage 8 "score"; then
  rm -rf "$exp/score"
  against=$(python -m local.systems against all)
  for set in "${sets[@]}"; do
    for list in none $(lists_of "$set"); do
      beside score "$set" "$list"
    done
  done
  for system in "${chosen[@]}"; do
    against=$(python -m local.systems against "$system")
    [[ $against != all ]] || against=''
    for set in "${sets[@]}"; do
      for list in $system_lists; do
        beside score "$set" "$list"
      done
    done
  done
  finish
  system=''
  python -m local.false_alarms "$exp"
  python local/show_changes.py "$exp"
  python local/results.py "$exp" --out "$exp/results.md"
  hears=()
  [[ ! -f $exp/log_probs/${sets[0]}.npz ]] || hears=(--model "$model")
  [[ $adapter == none ]] || hears+=(--adapter "$adapter")
  python -m local.plots "$exp" --tokens "$tokens" "${hears[@]}"
  wfst-bias report "$exp" --images "$exp/plots" --out "$exp/report.html"
fi
