# What sgan-fid refuses, and how it says it.
. "$CLI/metrics.sh"
npy_bytes '10, 16, 16, 3' 7680 7 > real.npy
features=$share/emoji-features.sgan
sgan-fid && no || result
sgan-fid --data real.npy --metrics fid,xyz && no || result
sgan-fid --data real.npy -m "$SGAN_MODEL" real.npy && no || result
sgan-fid --data real.npy --checkpoint c real.npy && no || result
sgan-fid --data nowhere.zip && no || result
# Fewer pictures than asked.
sgan-fid --data real.npy --max-real 11 --n 4 && no || result
sgan-fid --data real.npy --n 11 real.npy && no || result
sgan-z -n 3 | sgan-map | sgan-synth --format stream > s.bin
sgan-fid --data real.npy --n 4 - < s.bin && no || result
sgan-fid --data real.npy --n 3 --metrics pr - < s.bin && no || result
sgan-fid --data real.npy --n 1 --variant sg1 - < s.bin && no || result
# Cut off, not finite, of another kind, of four channels, nothing.
head -c 300 s.bin | sgan-fid --data real.npy - && no || result
npy '2, 1, 2, 3' '\0\0\0\0\0\0\xc0\x7f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' |
  sgan-fid --data real.npy - && no || result
sgan-z -n 1 | sgan-fid --data real.npy - && no || result
npy_bytes '1, 2, 2, 4' 16 1 | sgan-fid --data real.npy - && no || result
sgan-fid --data real.npy - < /dev/null && no || result
# Features of the wrong network, cut off, none.
sgan-fid --data real.npy --features "$SGAN_MODEL" && no || result
head -c 50000 "$features" > short.sgan
sgan-fid --data real.npy --features short.sgan && no || result
sgan-fid --data real.npy --features missing.sgan && no || result
# Labels are missing for a conditional model; none are needed where the class is given.
SGAN_MODEL=$(model 1 3) sgan-fid --data real.npy --n 4 && no || result
SGAN_MODEL=$(model 1 3) sgan-fid -q --data real.npy --n 4 --class 1 --json | jq -c .metric
# With fewer samples than features it warns.
sgan-fid --data real.npy --n 4 --json | jq -c '[.metric, .value > 0]'
# What is wrong with the model or the pictures is said before the features of the data set are taken.
mkdir cold
sgan-fid --data real.npy --class 5 --cache cold && no || result
sgan-fid --data real.npy --cache cold nowhere.zip && no || result
sgan-z -n 2 | sgan-fid --data real.npy --cache cold - && no || result
ls cold
