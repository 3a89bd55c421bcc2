# An empty value or file name is misuse, not stdin or stdout; so is a device that none is called.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
unset missing
sgan-z -o "${missing:-}" > "$TMPDIR/out" && no || result
sgan-z --output= > "$TMPDIR/out" && no || result
sgan-z -m '' > "$TMPDIR/out" && no || result
sgan-z | sgan-map '' > "$TMPDIR/out" && no || result
sgan-z | sgan-map -- '' > "$TMPDIR/out" && no || result
sgan-info '' && no || result
sgan-import --licence '' "$GOLDEN/legacy-tf.pkl" > "$TMPDIR/out" && no || result
[ ! -s "$TMPDIR/out" ]
for device in gpu cuda: cuda:x cuda:-1 CPU; do
  sgan-info --device $device "$SGAN_MODEL" && no || result
done
sgan-z --device cuda:0 | sgan-info --seed x && no || result
