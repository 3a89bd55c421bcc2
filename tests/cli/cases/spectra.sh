# sgan-spectra: slices of pictures that are known, from each kind of source, and what it refuses.
. "$CLI/common.sh"
cd "$TMPDIR"
bytes() {  # SHAPE ESCAPES: a bare array of bytes
  local header
  header=$(printf "{'descr': '|u1', 'fortran_order': False, 'shape': (%s), }" "$1")
  printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$header"
  printf '%b' "$2"
}
repeat() { for ((i = 0; i < $2; ++i)); do printf '%s' "$1"; done; }
# Columns of black and white: all power is at half the sampling rate, across.
bytes "2, 8, 8, 1" "$(repeat '\00\xff' 64)" > stripes.npy
strong() { awk -F, 'NR == 1 { print } NR > 1 && $3 + 0 > -20 { printf "%s,%.4f,%.3f\n", $1, $2, $3 }'; }
sgan-spectra stripes.npy --smooth 0 --interp 2 --beta 4 | strong
sgan-spectra stripes.npy --smooth 0 --interp 2 --beta 4 > own
sgan-spectra stripes.npy --smooth 0 --interp 2 --beta 4 --mean 127.5 --std 127.5 | cmp - own
sgan-spectra - --smooth 0 --interp 2 --beta 4 --data stripes.npy < stripes.npy | cmp - own
sgan-spectra stripes.npy --json -o json
sed -E 's/-?[0-9]+\.[0-9e-]+/X/g; s/X(,X)+/X,.../g; s/[0-9a-f]{64}/HASH/' json
# A model, in any number of passes, and its pictures as a stream.
SGAN_MODEL=$(model 1)
export SGAN_MODEL
sgan-spectra --n 5 --mean 100 --std 50 > drawn
sgan-spectra --n 5 --mean 100 --std 50 --batch 2 --threads 1 | cmp - drawn
sgan-z -n 7 --philox --seed 0 | sgan-map | sgan-synth --format stream > pictures
sgan-spectra - --n 5 --mean 100 --std 50 < pictures | cmp - drawn
# Refusals.
sgan-spectra --n 5 && no || result
sgan-spectra - && no || result
sgan-spectra --mean 3 && no || result
sgan-spectra --mean 3 --std 4 --data stripes.npy && no || result
sgan-spectra stripes.npy --psi 0.5 && no || result
sgan-spectra stripes.npy --range 3,3 && no || result
sgan-spectra stripes.npy --n 3 && no || result
sgan-spectra - --n 8 --mean 100 --std 50 < pictures && no || result
bytes "1, 8, 4, 1" "$(repeat '\00\xff' 16)" > wide.npy
sgan-spectra - --mean 100 --std 50 < wide.npy && no || result
bytes "1, 8, 8, 1" "$(repeat '\01' 64)" > flat.npy
sgan-spectra flat.npy && no || result
head -c 150 stripes.npy | sgan-spectra - --mean 100 --std 50 && no || result
sgan-spectra nowhere.zip && no || result
sgan-z -n 2 | sgan-spectra - --mean 100 --std 50 && no || result
sgan-spectra --class 1 --mean 100 --std 50 && no || result
# Classes.
sgan-spectra -m "$(model 1 3)" --n 4 --mean 100 --std 50 > any
sgan-spectra -m "$(model 1 3)" --n 4 --mean 100 --std 50 --class 2 | cmp -s - any && no || :
