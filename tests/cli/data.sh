# For cases about data sets: sourced, not run. Pictures made by hand, of formats that are their
# pixels with a few bytes before them. Such cases need OpenImageIO.
. "$CLI/pictures.sh"

repeat() {  # BYTES, as printf escapes of one pixel, TIMES
  local bytes
  printf -v bytes '%*s' "$2" ''
  printf '%b' "${bytes// /"$1"}"
}
ppm() { printf 'P6\n%d %d\n255\n' "$1" "$2"; repeat "$3" $(($1 * $2)); }    # WIDTH HEIGHT PIXEL
pgm() { printf 'P5\n%d %d\n255\n' "$1" "$2"; repeat "$3" $(($1 * $2)); }
ppm16() { printf 'P6\n%d %d\n65535\n' "$1" "$2"; repeat "$3" $(($1 * $2)); }
tga() {  # with alpha, pixels as BGRA
  printf '%b' "\0\0\02\0\0\0\0\0\0\0\0\0\\x$(printf %02x "$1")\0\\x$(printf %02x "$2")\0\x20\x28"
  repeat "$3" $(($1 * $2))
}
folder() {  # NAME COUNT: RGB pictures of 8x8
  local i
  mkdir -p "$1"
  for ((i = 0; i < $2; ++i)); do ppm 8 8 "\\x$(printf %02x $((i + 1)))\x20\x30" > "$1/$i.ppm"; done
}
pixels() { tail -c +129 "$1" | od -An -v -tu1 -w"$2"; }  # of an array FILE, so many bytes a line
# What was said, without hashes.
said() { sed -E 's/hash [0-9a-f]{64}/hash HASH/' "$1" >&2; }
