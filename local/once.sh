# shellcheck shell=bash
# Sourced: commands that are not run again on what they have been run on.

# once MADE_FROM FILE... -- COMMAND...: runs a command, unless MADE_FROM says that it succeeded
# with the same arguments, on files of the same content, by the same version of the package. Files
# that are not there may be named.
once() {
  local made_from=$1 files=() wanted
  shift
  while [[ $1 != -- ]]; do
    files+=("$1")
    shift
  done
  shift
  wanted=$(
    printf '%s\n' "$@"
    cat wfst_bias/*.py wfst_bias/*/*.py | sha256sum
    for file in "${files[@]}"; do
      [[ ! -f $file ]] || sha256sum "$file"
    done
  )
  if [[ -f $made_from && $(< "$made_from") == "$wanted" ]]; then
    echo "as made before" >&2
    return
  fi
  rm -f "$made_from"
  "$@"
  echo "$wanted" > "$made_from"
}
