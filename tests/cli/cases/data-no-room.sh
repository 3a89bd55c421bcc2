# Where nothing can be written, and when it is stopped, nothing is left and what was there stays.
. "$CLI/common.sh"
. "$CLI/data.sh"
folder "$TMPDIR/set" 80
cd "$TMPDIR"
sgan-data set > /dev/full && no || result
sgan-data set -o /dev/full && no || result
sgan-data --check set > /dev/full && no || result
sgan-data set -o nowhere/out.zip && no || result
sgan-data set -o set && no || result
mkdir out
echo old > out/a.zip
echo old > out/a.npy
echo '{"labels": null, "old": 1}' > out/a.json
(ulimit -f 8; sgan-data set -o out/a.zip) && no || result
(ulimit -f 8; sgan-data set -o out/a.npy) && no || result
# Large pictures keep it at work.
mkdir large
{ printf 'P6\n1000 1000\n255\n'; head -c 3000000 /dev/zero; } > large/0.ppm
for i in $(seq 100); do ln large/0.ppm large/$i.ppm; done
for signal in INT TERM; do
  for name in a.zip a.npy; do
    env --default-signal=INT,TERM timeout --preserve-status -s $signal 0.7 sgan-data --threads 1 \
      --resolution 1024x1024 large -o out/$name && no || result
  done
done
ls -A out
cat out/*
