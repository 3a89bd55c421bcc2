# Completion of the sgan programs for bash. The options come from --help, so they are always those of
# the program that is installed.
_sgan() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} help value
  help=$("${COMP_WORDS[0]}" --help 2>/dev/null) || return 0
  COMPREPLY=()
  # What the option before the cursor takes, as --help names it; empty for a switch or a file name.
  value=$(sed -nE 's/^  (-.,|   ) (--[a-z0-9-]+)( ([^ ]+))?.*$/\1 \2 \4/p' <<<"$help" |
    awk -v want="$prev" '{ sub(",", "", $1); if ($1 == want || $2 == want) { print $NF == want ? "" : $NF; exit } }')
  case $value in
    FILE | DIR* | DATASET) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return 0 ;;
    *[a-z0-9]\|*) mapfile -t COMPREPLY < <(compgen -W "${value//|/ }" -- "$cur"); return 0 ;;
    DEV) mapfile -t COMPREPLY < <(compgen -W "auto cpu cuda" -- "$cur"); return 0 ;;
    FORMAT) mapfile -t COMPREPLY < <(compgen -W "png jpg exr tif webp npy stream y4m rgb24" -- "$cur"); return 0 ;;
    -* | '') ;;
    *) return 0 ;;  # a number or the like
  esac
  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(grep -oE '^  (-.,|   ) --[a-z0-9-]+' <<<"$help" | grep -oE -- '--[a-z0-9-]+')" -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  fi
}
complete -o filenames -F _sgan sgan-z sgan-map sgan-mix sgan-synth sgan-import sgan-info sgan-data sgan-train sgan-ppl sgan-linsep sgan-eq sgan-fid sgan-spectra
