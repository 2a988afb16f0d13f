# shellcheck shell=bash
# Sourced: reads `--name value` or `--name=value` into the options of the script that sources it.
#
# The options are the assignments between a line `# Options` and the next blank line:
#     nj=2    # how many processes
# `--help` prints them with their comments. Dashes in a name on the command line stand for
# underscores. An option that is not there, or one without a value, ends the script with status 2.
# The script has already changed into its own folder.

option_script=${option_script:-${0##*/}} # from the folder that the script has changed into
option_block=$(sed -n '/^# Options/,/^$/ { /^[a-z_]*=/p }' "$option_script")

print_help() {
  sed -n '2,/^$/ s/^# \{0,1\}//p' "$option_script" # the script's opening comment
  echo "Options:"
  sed -E 's/^([a-z_]+)=(.*[^ ]) +# (.*)$/  --\1 \2\t\3/; s/^([a-z_]+)= +# (.*)$/  --\1 ""\t\2/' \
    <<< "$option_block" | while IFS=$'\t' read -r option meaning; do
    printf '%-26s %s\n' "  ${option//_/-}" "$meaning"
  done
}

fail_usage() {
  echo "$0: $1; $0 --help lists the options" >&2
  exit 2
}

while (($#)); do
  case $1 in
    --help | -h) print_help; exit 0 ;;
    --*=*) option_name=${1%%=*} option_value=${1#*=}; shift ;;
    --*)
      (($# >= 2)) || fail_usage "$1 needs a value"
      option_name=$1 option_value=$2
      shift 2
      ;;
    *) fail_usage "unexpected argument: $1" ;;
  esac
  option_variable=${option_name#--}
  option_variable=${option_variable//-/_}
  if [[ $'\n'$option_block != *$'\n'"$option_variable="* ]]; then
    fail_usage "unknown option: $option_name"
  fi
  printf -v "$option_variable" '%s' "$option_value"
done
