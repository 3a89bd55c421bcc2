# Binary data is never written to a terminal; nothing is read from one.
. "$CLI/common.sh"
. "$CLI/pictures.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z > "$TMPDIR/z"; sgan-map "$TMPDIR/z" > "$TMPDIR/w"
script -qec "sgan-z" /dev/null | tr -d '\r' || result
script -qec "sgan-map $TMPDIR/z" /dev/null | tr -d '\r' | sed "s#$TMPDIR#TMP#" || result
script -qec "sgan-synth $TMPDIR/w" /dev/null | tr -d '\r' || result
script -qec "sgan-z -o /dev/tty" /dev/null | tr -d '\r' || result
script -qec "sgan-map < /dev/tty" /dev/null < /dev/null | tr -d '\r' || result
