# Too little address space for the picture library: the message says so, and not that it is missing.
. "$CLI/common.sh"
. "$CLI/pictures.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z | sgan-map > "$TMPDIR/w"
for limit in 200 250 300 350 400 450 500 600 700; do
  (
    ulimit -v ${limit}000
    sgan-synth --threads 1 -o "$TMPDIR/out.png" "$TMPDIR/w"
  ) 2>> "$TMPDIR/messages" || :
done
grep -c 'cannot open shared object file' "$TMPDIR/messages" || :
grep -q 'there is too little memory, or too low a limit' "$TMPDIR/messages"
