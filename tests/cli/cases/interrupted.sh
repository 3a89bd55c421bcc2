# SIGINT, SIGTERM: the temporary file goes, the old one stays. The input never ends.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
sgan-z -n 4 | sgan-map > "$TMPDIR/w"
echo old > out.rgb
for signal in INT TERM; do
  { cat "$TMPDIR/w"; sleep 5; } |
    env --default-signal=INT,TERM timeout --preserve-status -s $signal 1 \
      sgan-synth --format rgb24 -o out.rgb && no || result
  { cat "$TMPDIR/w"; sleep 5; } |
    env --default-signal=INT,TERM timeout --preserve-status -s $signal 1 \
      sgan-mix -o "$TMPDIR/out" && no || result
  ls -A "$TMPDIR"
done
cat out.rgb
