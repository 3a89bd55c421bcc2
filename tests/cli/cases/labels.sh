# Classes: missing, out of range, too few, for a model that knows none.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1 3); export SGAN_MODEL
sgan-z -n 2 > "$TMPDIR/z"
cd "$TMPDIR"
sgan-map -o out z && no || result
for class in 3 -1 x 1.5 '' 99999999999999999999; do
  sgan-map --class "$class" -o out z && no || result
done
printf '0\n' > few; printf '0\n1\n2\n' > many; printf '0\n3\n' > range; printf '0\nx\n' > word; : > none
for labels in few many range word none missing; do
  sgan-map --labels $labels -o out z && no || result
done
printf '1e300\n0\n' > beyond; printf '99999999999999999999\n0\n' > many-digits
for labels in beyond many-digits; do
  sgan-map --labels $labels -o out z && no || result
done
sgan-map --class 1 --labels many -o out z && no || result
sgan-map -m "$(model 1)" --class 0 -o out z && no || result
[ ! -e out ]
# One-hot rows and indices mean the same; so does --class for one.
printf '2\n0\n' > index; printf '0 0 1\n1,0,0  # first\n' > hot
sgan-map --labels index z | zstd -dcq > a; sgan-map --labels hot z | zstd -dcq > b
cmp a b
printf '\xef\xbb\xbf2\n0\n' > marked  # a byte order mark
sgan-map --labels marked z | zstd -dcq | cmp a -
sgan-z -n 1 | sgan-map --class 2 | zstd -dcq | tail -c 64 > c
sgan-z -n 1 | sgan-map --class 1 | zstd -dcq | tail -c 64 > d
cmp -s c d && echo "the class changes nothing" || :
