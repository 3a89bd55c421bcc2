# Models that are none, or that do not fit together.
. "$CLI/common.sh"
cd "$TMPDIR"
tensors() {  # JSON header, then zeros
  printf '%b' "\\x$(printf %02x $((${#1} & 255)))\\x$(printf %02x $((${#1} >> 8)))\0\0\0\0\0\0"
  printf '%s' "$1"
  head -c "${2:-64}" /dev/zero
}
tensors '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[4],"data_offsets":[8,24]}}' 24 > overlap
tensors '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}' 8 > short
tensors '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16000]}}' 16 > outside
tensors '{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}' 16 > reversed
tensors '{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}}' 16 > size
tensors '{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}}' 16 > huge
tensors '{"a":{"dtype":"F99","shape":[4],"data_offsets":[0,16]}}' 16 > type
tensors '{"a":' 16 > json
tensors '{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}' 16 > foreign
printf '\xff\xff\xff\xff\xff\xff\xff\x7f{"a":' > header
for file in overlap short outside reversed size huge type json foreign header; do
  sgan-z -m $file -o out && no || result
done
# Settings that say otherwise than the tensors.
random-model stylegan2 1 "{$SMALL, $LAYERS, \"c_dim\": 0}" \
  "{${SMALL/16/32}, $LAYERS, \"c_dim\": 0}" > larger
random-model stylegan2 1 "{$SMALL, $LAYERS, \"c_dim\": 0}" \
  "{$SMALL, \"mapping_kwargs\": {\"num_layers\": 3}, \"c_dim\": 0}" > deeper
random-model stylegan2 1 "{$SMALL, $LAYERS, \"c_dim\": 0}" \
  "{${SMALL/\"w_dim\": 8/\"w_dim\": 9}, $LAYERS, \"c_dim\": 0}" > wider
random-model stylegan2 1 "{$SMALL, $LAYERS, \"c_dim\": 0}" \
  "{${SMALL/16/17}, $LAYERS, \"c_dim\": 0}" > odd
random-model stylegan2 1 "{$SMALL, $LAYERS, \"c_dim\": 0}" '{"z_dim": "many"}' > words
random-model stylegan2 1 "{$SMALL, $LAYERS, \"c_dim\": 0}" \
  "{$SMALL, \"mapping_kwargs\": [1], \"c_dim\": 0}" > list
random-model stylegan2 1 "{$SMALL, $LAYERS, \"c_dim\": 0}" \
  "{$SMALL, $LAYERS, \"c_dim\": 0, \"resample_filter\": []}" > no-filter
for file in larger deeper wider odd words list no-filter; do
  sgan-z --dim 8 | sgan-map -m $file -o out && no || result
done
flip "$(model 1)" 5000 > flipped
sgan-z --dim 8 | sgan-map -m "$(model 1)" | sgan-synth -m flipped -o out.png && no || result
[ ! -e out ] && [ ! -e out.png ]
