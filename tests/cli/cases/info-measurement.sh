# What sgan-info says of the checkpoints of measuring programs, and of the kept features of data sets.
. "$CLI/metrics.sh"
masked() { sed -E 's/[0-9a-f]{64}/HASH/g'; }
npy_bytes '9, 16, 16, 3' 6912 7 > real.npy
sgan-ppl -q --n 5 --batch 2 --seed 3 --psi 0.5 --checkpoint part > printed
sgan-fid -q --n 5 --batch 2 --data real.npy --checkpoint fid.part > printed
sgan-eq -q -m "$(model3 1)" --n 4 --checkpoint eq.part > printed
sgan-spectra -q --n 3 --mean 100 --std 50 --interp 1 --checkpoint spectra.part > printed
sgan-info part spectra.part | masked
sgan-info --json part fid.part eq.part spectra.part | masked
cp cache/sgan/real-*.features real.features
sgan-info --json real.features | masked
sgan-info --json < part | jq -c '[.file, .kind, .done]'
# The file is there from the beginning on: of a killed program it has nothing, of an interrupted one
# at least the first samples.
for signal in KILL TERM; do
  sgan-ppl -q --n 100000 --batch 2 --checkpoint early > printed & pid=$!
  appears early $pid
  kill -$signal $pid  # a shell lets its background jobs ignore SIGINT
  wait $pid 2> /dev/null || echo "status $?"
  sgan-info --json early | jq -c '[.done > 0, .done < .samples, .samples]'
  rm early
done
made() {  # IDENTITY UNIT DONE [VERSION]: five rows, bare
  local header
  header=$(printf '{"__metadata__":{"identity":"%s","sgan.measurement":"%s","unit":"%s"},
    "rows":{"dtype":"F32","shape":[5,1],"data_offsets":[0,20]},
    "done":{"dtype":"U8","shape":[%d],"data_offsets":[20,%d]}}' \
    "$1" "${4:-1}" "$2" ${#3} $((20 + ${#3})))
  printf "\\x$(printf %x $((${#header} % 256)))\\x$(printf %x $((${#header} / 256)))\0\0\0\0\0\0%s" "$header"
  printf '\0%.0s' $(seq 20)
  sed 's/0/\x00/g; s/1/\x01/g' <<< "$3" | tr -d '\n'
}
# The last of three units has one sample.
made 'program sgan-x; model none; seed 18446744073709551615; odd' 2 101 > odd; sgan-info odd
made '' 9223372036854775807 1 | sgan-info --json
# Damaged, or not of this version: one line.
head -c 300 part > cut; sgan-info cut && no || result
made '' 2 11 > short; sgan-info short && no || result
for unit in 0 -1 2x ''; do made '' "$unit" 101 > unit; sgan-info unit && no || result; done
made 'seed x' 2 101 > seed; sgan-info seed && no || result
made '' 2 101 2 > later; sgan-info later && no || result
