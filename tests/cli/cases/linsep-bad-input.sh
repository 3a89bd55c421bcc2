# What sgan-linsep refuses, and how it says it.
. "$CLI/metrics.sh"
sgan-linsep --n 1 && no || result
sgan-linsep --n 4 --attribute gender && no || result
sgan-linsep --n 4 --directions d.w --attribute shoes && no || result
sgan-linsep --n 4 --directions d.w --space z && no || result
sgan-linsep --n 4 --features "$SGAN_MODEL" && no || result
sgan-linsep --n 4 --features missing.sgan && no || result
mkdir empty; sgan-linsep --n 4 --features empty && no || result
head -c 50000 "$share/emoji-features.sgan" > short.sgan
sgan-linsep --n 4 --features short.sgan && no || result
# The same attribute twice.
cp "$share/emoji-features.sgan" a.sgan
sgan-linsep --n 4 --features a.sgan --features a.sgan && no || result
SGAN_MODEL=$(model 1 3) sgan-linsep --n 4 --data nowhere.zip && no || result
# One class only: perfect, and said; nothing to write as a direction.
sgan-linsep --n 4 --space w --json | jq -c 'select(.remark) | [.metric, .value, .remark]'
sgan-linsep -q --n 4 --space w --directions d.w --attribute gender > /dev/null && no || result
[ ! -e d.w ] && echo "no file"
