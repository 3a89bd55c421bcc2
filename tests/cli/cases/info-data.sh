# What sgan-info says of data sets.
. "$CLI/common.sh"
. "$CLI/data.sh"
folder "$TMPDIR/set/b" 2
folder "$TMPDIR/set/a" 1
cd "$TMPDIR"
sgan-data -q --classes set -o classes.zip
sgan-data -q set -o plain.zip
masked() { sed -E 's/[0-9a-f]{64}/HASH/'; }  # of the bytes that the PNG library writes
sgan-info classes.zip plain.zip set/b | masked
sgan-info --json classes.zip plain.zip | masked
# A set made of a set keeps labels and names.
sgan-data -q classes.zip -o again.zip
cmp classes.zip again.zip
# The hash is that of sgan-data.
hash=$(sgan-data classes.zip -o again.zip 2>&1 | grep -o '[0-9a-f]*$')
sgan-info classes.zip | grep -c "^sha256 *$hash$"
echo '{"labels": [["0.ppm", [0.5, 1, 2]], ["1.ppm", [0, 0, 0]]]}' > set/b/dataset.json
sgan-info set/b | masked
ppm 8 4 '\01\02\03' > set/b/wide.ppm
rm set/b/dataset.json
mkdir empty
truncate -s 300 plain.zip
# Each is told of, and the others are still looked at.
sgan-info set/b empty plain.zip classes.zip | grep count && no || result
cp -r set/a "$(printf 'name\xff\033')"
sgan-info --json name* | grep -o '"count":1'
sgan-info name* | lines 1 | tr -d '\377'
