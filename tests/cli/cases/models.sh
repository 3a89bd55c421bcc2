# Where the model comes from: option, environment, and what is said when it is not there.
. "$CLI/common.sh"
M=$(model 1)
sgan-z -m "$M" | sgan-info | grep shape
SGAN_MODEL=$M sgan-z | sgan-info | grep shape
SGAN_MODEL=missing sgan-z && no || result
SGAN_MODEL=missing sgan-z -m "$M" | sgan-info | grep shape
sgan-z -m missing && no || result
sgan-z -m . && no || result
SGAN_MODEL=$M sgan-z -v 2>&1 > /dev/null | sed "s#$TMPDIR#TMP#"
sgan-info "$M" | grep -E 'kind|arch|resol|num_ws|classes'
sgan-info --json "$M" | grep -c '"num_ws":6'
sgan-info --hash "$M" | grep -c "^sha256 "
