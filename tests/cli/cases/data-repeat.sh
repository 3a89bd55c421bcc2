# The same pictures give the same file, whatever the threads, the day and the way; nothing is lost
# on the way round.
. "$CLI/common.sh"
. "$CLI/data.sh"
folder "$TMPDIR/set" 70
cd "$TMPDIR"
sgan-data --threads 1 set -o 1.zip 2> err; said err
touch -d 2001-02-03 set/*
sgan-data -q --threads 4 set -o 4.zip
sgan-data -q set > pipe.zip
cmp 1.zip 4.zip
cmp 1.zip pipe.zip
sgan-data -q 1.zip -o array.npy
sgan-data -q array.npy -o back.zip
cmp 1.zip back.zip
# In place.
sgan-data -q 4.zip -o 4.zip
cmp 1.zip 4.zip
sgan-data -q array.npy -o array.npy
sgan-data --check array.npy
sgan-data -q --max-images 3 set -o few.npy
pixels few.npy 192 | cut -c 1-12
