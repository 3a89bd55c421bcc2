# What is no stream is refused by name.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
cd "$TMPDIR"
printf 'hello, world, this is text\n' > text
printf '\x89PNG\r\n\x1a\n0000000000000000' > picture.png
printf 'PK\x03\x04000000000000000000000000' > archive.npz
printf '\x1f\x8b\x08\x00000000000000000000' > text.gz
zstd -q text
: > nothing
: | zstd -q > nothing.zst
npy '0, 8' '' > norows.npy
for file in text picture.png archive.npz text.gz text.zst nothing nothing.zst norows.npy \
            "$SGAN_MODEL" . missing; do
  sgan-map "$file" -o out && no || result
  sgan-synth "$file" -o out.png && no || result
  sgan-mix "$file" -o out && no || result
done
sgan-info text nothing missing && no || result
sgan-map -o out < /dev/null && no || result
[ ! -e out ] && [ ! -e out.png ]
