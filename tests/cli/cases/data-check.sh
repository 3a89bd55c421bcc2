# --check lists every file that cannot be used with its reason, and changes nothing.
. "$CLI/common.sh"
. "$CLI/data.sh"
folder "$TMPDIR/set" 4
cd "$TMPDIR"
ppm 9 8 '\01\02\03' > set/odd.ppm
pgm 8 8 '\01' > set/grey.pgm
tga 8 8 '\x10\x20\x30\x80' > set/alpha.tga
tga 8 8 '\x10\x20\x30\xff' > set/opaque.tga
ppm 8 8 '\01\02\03' > whole; head -c 50 whole > set/cut.ppm
: > set/empty.png
ln -s nowhere set/dangling.png
mkfifo set/fifo.png
ln -s . set/loop
ln -s .. set/back
ppm 8 8 '\01\02\03' > whole; head -c 20 whole > "set/$(printf 'line\nbreak\033.ppm')"
find set | sort > before
sgan-data --check set && no || result
sgan-data set -o set.zip && no || result
sgan-data --check -o set.zip set && no || result
[ ! -e set.zip ]
find set | sort | cmp - before
# All are bad: they are listed all the same.
mkdir bad
: > bad/a.png
: > bad/b.png
sgan-data --check bad && no || result
# What is left makes a set.
sgan-data -q --skip-bad set -o set.zip 2> /dev/null
sgan-data --check set.zip
sgan-data -q --skip-bad --flatten black set -o set.npy 2> /dev/null
sgan-data --check set.npy
