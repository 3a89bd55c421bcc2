# Feature maps outside the official rule, from the table that importers write.
. "$CLI/common.sh"
SGAN_MODEL=$TMPDIR/table.sgan; export SGAN_MODEL
random-model stylegan2 1 "{$SMALL, $LAYERS, \"channels\": {\"4\": 5, \"8\": 11, \"16\": 3}}" > "$SGAN_MODEL"
sgan-z -n 2 | sgan-map | sgan-synth --format npy | wc -c
sgan-info --json --tensors "$SGAN_MODEL" | grep -o '"b8.conv0.weight[^}]*\|"synthesis.b8.conv0.weight[^}]*'
for table in '{"4": 0}' '[5]' '{"4": "many"}'; do
  random-model stylegan2 1 "{$SMALL, $LAYERS}" "{$SMALL, $LAYERS, \"channels\": $table}" > bad.sgan
  sgan-info bad.sgan && no || result
done
rm bad.sgan
