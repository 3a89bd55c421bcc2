# The pictures that sgan-spectra draws.
. "$CLI/common.sh"
. "$CLI/pictures.sh"
cd "$TMPDIR"
SGAN_MODEL=$(model 1)
export SGAN_MODEL
sgan-spectra --n 3 --mean 100 --std 50 --heat-map map.png --plot plot.png --range=-50,10 > numbers
for file in map plot; do
  [ "$(od -An -tx1 -N 8 $file.png)" = " 89 50 4e 47 0d 0a 1a 0a" ]
  # Width and height.
  od -An -tx1 -j 16 -N 8 $file.png
done
cp map.png same.png
sgan-spectra --n 3 --mean 100 --std 50 --heat-map map.png --range=-50,10 | cmp - numbers
cmp map.png same.png
sgan-spectra --n 3 --mean 100 --std 50 --heat-map nowhere/map.png && no || result
