#!/usr/bin/env bash
# prepare.sh OUT FOLDER [SUBSET]: VoxPopuli (English) from the folder where it was downloaded; lists
# are of names, which are guessed by their capitals and rarity.

exec local/corpora/prepare_set.sh voxpopuli "$1" "${2-}" "${3:-test}"
