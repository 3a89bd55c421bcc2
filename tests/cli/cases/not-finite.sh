# NaN and infinities in latents.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
zeros=$(printf '\\0%.0s' $(seq 28))
nan='\0\0\xc0\x7f' inf='\0\0\x80\x7f' minus='\0\0\x80\xff'
for bad in "$nan" "$inf" "$minus"; do
  npy '1, 8' "$zeros$bad" | sgan-map -o out && no || result
  npy '1, 8' "$bad$zeros" | sgan-mix -o out && no || result
  printf '%b' "$zeros$bad" | sgan-map --raw -o out && no || result
done
npy '1, 8' "$zeros\0\0\0\0" | sgan-map -o "$TMPDIR/w"
sgan-info "$TMPDIR/w" | grep shape
