# What streams say of their origin stays true on the way.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
cd "$TMPDIR"
remarks() { sgan-info | grep -E '^ *(seeds|labels|noise|sgan-mix)' || echo none; }
sgan-z --seeds 1-3 > z; sgan-map z > w
sgan-mix w | remarks
for way in '--select 0' --mean '--lerp 2' '--cubic 2' '--with w' '--add w*1'; do
  echo "$way"
  [ "$way" != '--add w*1' ] || sgan-mix w --select 1 > one
  sgan-mix w ${way/w\*/one*} | remarks
done
sgan-mix z --slerp 2 | remarks
sgan-map -m "$(model 1 3)" --class 2 z | sgan-mix --select 0 | remarks
for noise in '' '--seed 3' '--noise random' '--noise random --seed 3' '--noise random --seed 3 --noise-seed 4'; do
  echo "$noise"
  sgan-synth --format stream $noise w | remarks
done
