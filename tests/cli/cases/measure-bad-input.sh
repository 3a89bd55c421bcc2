# What measuring programs refuse, and how they say it.
. "$CLI/common.sh"
cd "$TMPDIR"
features=$(dirname "$(command -v sgan-ppl)")/../share/sgan/emoji-features.sgan
default=$(dirname "$(command -v sgan-ppl)")/../share/sgan/default.sgan
cp "$default" model.sgan; cp "$features" features.sgan
export SGAN_MODEL=model.sgan
sgan-ppl --n 2 --features model.sgan && no || result
sgan-ppl --n 2 -m features.sgan && no || result
sgan-ppl --n 2 --features missing.sgan && no || result
mkdir empty; sgan-ppl --n 2 --features empty && no || result
head -c 50000 features.sgan > short.sgan; sgan-ppl --n 2 --features short.sgan && no || result
sgan-ppl --n 0 && no || result
sgan-ppl --n 2 --space y && no || result
sgan-ppl --n 2 --epsilon 0 && no || result
sgan-ppl --n 2 --epsilon 1e-7 --json | jq -c .epsilon
sgan-ppl --n 2 --class 3 && no || result
sgan-ppl --n 2 --run-dir nowhere && no || result
sgan-ppl --n 2 --distances /nowhere/file && no || result
sgan-ppl --n 2 --data nowhere.zip && no || result
SGAN_FEATURES=empty sgan-ppl --n 2 && no || result
SGAN_FEATURES=features.sgan sgan-ppl --n 2 --json | jq -r .features
