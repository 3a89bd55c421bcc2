# Every kind of network file becomes a model that tells what it is.
for name in network-snapshot-stylegan2.pkl network-snapshot-stylegan3-t.pkl \
  network-snapshot-stylegan3-r.pkl legacy-tf.pkl legacy-tf-stylegan1.pkl legacy-tf-progan.pkl \
  rosinality.pt; do
  echo "$name"
  sgan-import "$GOLDEN/$name" | sgan-info | grep -E '^(architecture|resolution|z_dim|num_ws|origin)'
done
# From a pipe the same bytes come out; parts can be chosen; what is unknown can be said.
sgan-import "$GOLDEN/legacy-tf.pkl" -o a.sgan
cat "$GOLDEN/legacy-tf.pkl" | sgan-import > b.sgan
cmp a.sgan b.sgan
sgan-import --networks G_ema --licence CC0 --origin tests "$GOLDEN/legacy-tf.pkl" | sgan-info |
  grep -E '^(licence|origin|  G_ema|  D)'
# Of a model of ours the named networks are copied as they are.
sgan-import --networks G_ema a.sgan | sgan-info | grep -E '^(architecture|  G_ema|  D)'
rm a.sgan b.sgan
