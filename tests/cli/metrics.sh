# For the cases of the measuring programs: a small model, small pictures, and features of our own.
. "$CLI/common.sh"
cd "$TMPDIR"
share=$(dirname "$(command -v sgan-fid)")/../share/sgan
export XDG_CACHE_HOME=$TMPDIR/cache
SGAN_MODEL=$(model 1); export SGAN_MODEL
# Bytes from a seed, of a size that is even: pictures [N, H, W, C].
bytes() { LC_ALL=C awk -v n="$1" -v s="$2" 'BEGIN { srand(s); for (i = 0; i < n; i++) printf "\\x%02x", int(rand() * 256) }'; }
npy_bytes() { # SHAPE COUNT SEED
  local header
  header=$(printf "{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }" "$1")
  printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$header"
  printf '%b' "$(bytes "$2" "$3")"
}
