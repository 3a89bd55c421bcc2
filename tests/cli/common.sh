# For the cases: small models, and what to say of a command that has to fail. Inputs are made in
# $TMPDIR, so that the scratch directory shows what the programs leave.
SMALL='"z_dim": 8, "w_dim": 8, "img_resolution": 16, "img_channels": 3, "channel_base": 128, "channel_max": 8'
LAYERS='"mapping_kwargs": {"num_layers": 2}'
model() {  # SEED [CLASSES]: an unconditional or conditional StyleGAN2 of 16x16 pixels
  local path=$TMPDIR/m$1-${2:-0}.sgan
  [ -f "$path" ] || random-model stylegan2 "$1" "{$SMALL, $LAYERS, \"c_dim\": ${2:-0}}" >"$path"
  echo "$path"
}
model3() {  # SEED: a StyleGAN3-T
  local path=$TMPDIR/sg3-$1.sgan
  [ -f "$path" ] || random-model stylegan3 "$1" \
    "{$SMALL, $LAYERS, \"c_dim\": 0, \"num_layers\": 4, \"num_critical\": 1, \"margin_size\": 4}" >"$path"
  echo "$path"
}
# command && no || result
no() { echo "succeeded, but should have failed" >&2; }
result() { echo "-> $?" >&2; }
# Until a background program has made a file, or has ended.
appears() {  # FILE PID
  while [ ! -e "$1" ] && kill -0 "$2" 2> /dev/null; do sleep 0.05; done
}
# A bare array of float32: SHAPE, then the bytes as printf escapes.
npy() {
  local header
  header=$(printf "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }" "$1")
  printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$header"
  printf '%b' "$2"
}
# Byte N of a file turned over.
flip() {  # FILE N
  local byte
  byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
  head -c "$2" "$1"
  printf '%b' "\\x$(printf %02x $((byte ^ 255)))"
  tail -c +$(($2 + 2)) "$1"
}
