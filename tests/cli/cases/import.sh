# A foreign network, imported, draws; what it is can be asked.
. "$CLI/common.sh"
cd "$TMPDIR"
sgan-import -q --licence test --networks G_ema "$GOLDEN/rosinality.pt" > m
sgan-info m | grep -E 'architecture|licence|resolution  |z_dim'
SGAN_MODEL=m
export SGAN_MODEL
sgan-z | sgan-map --psi 0.7 | sgan-synth --format rgb24 | wc -c
sgan-import "$GOLDEN/interpolation.safetensors" -o out && no || result
sgan-import --networks X "$GOLDEN/rosinality.pt" -o out && no || result
head -c 5000 "$GOLDEN/network-snapshot-stylegan2.pkl" | sgan-import -o out && no || result
[ ! -e out ]
