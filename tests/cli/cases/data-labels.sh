# dataset.json, and sub-folders as classes.
. "$CLI/common.sh"
. "$CLI/data.sh"
folder "$TMPDIR/set" 3
cd "$TMPDIR"
try() {  # LABELS
  echo "{\"labels\": $1}" > set/dataset.json
  sgan-data set -o out.npy && no || result
}
try '[["0.ppm", 0], ["1.ppm", 1], ["9.ppm", 1], ["2.ppm", 0], ["x/8.ppm", 1]]'
try '[["0.ppm", 0], ["1.ppm", 1]]'
try '[["0.ppm", 0], ["1.ppm", 1], ["2.ppm", -1]]'
try '[["0.ppm", 0], ["1.ppm", 1], ["2.ppm", 1.5]]'
try '[["0.ppm", 0], ["1.ppm", 1], ["2.ppm", 18446744073709551615]]'
try '[["0.ppm", 0], ["1.ppm", 1], ["1.ppm", 1]]'
try '[["0.ppm", [1, 2]], ["1.ppm", [1]], ["2.ppm", [3, 4]]]'
try '[["0.ppm", [1]], ["1.ppm", [2]], ["2.ppm", [1e39]]]'
try '[["0.ppm", null], ["1.ppm", 1], ["2.ppm", 1]]'
try '[0, 1, 2]'
try '{}'
try '[["0.ppm"'
ls out* 2> /dev/null || :
# Kept, by any order; a subset of the pictures keeps those of its own.
echo '{"labels": [["2.ppm", 2], ["1.ppm", 0], ["0.ppm", 1]]}' > set/dataset.json
sgan-data -q set -o out.npy
cat out.json; echo
sgan-data -q --max-images 2 set -o out.npy
cat out.json; echo
# An unlabelled array in the place of a labelled one has no labels; other files are not touched.
sgan-data -q --check out.npy
rm set/dataset.json
sgan-data -q set -o out.npy
sgan-data -q --check out.npy
echo '{"mine": 1}' > mine.json
sgan-data set -o mine.npy && no || result
cat mine.json; ls mine*

mkdir -p classes/b/deep classes/a classes/c
cp set/0.ppm classes/c
cp set/1.ppm classes/b/deep
cp set/2.ppm classes/a
sgan-data --classes -v classes -o classes.zip 2> err; said err
sgan-data -q classes.zip -o classes.npy
cat classes.json; echo
cp set/0.ppm classes
sgan-data --classes classes -o loose.zip && no || result
mkdir -p "odd/$(printf 'a"\\\xff')"
cp set/0.ppm odd/*
sgan-data -q --classes odd -o odd.zip
sgan-data --check odd.zip
