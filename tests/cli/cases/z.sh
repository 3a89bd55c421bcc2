# Latents: numpy's numbers, whatever the batch; Philox rows alone.
cd "$TMPDIR"
array() { zstd -dcq | od -An -tf4 -j 128 -w12; }
sgan-z --dim 3 --seeds 0,5 | array
sgan-z --dim 3 -n 2 --seed 5 | array
sgan-z --dim 3 --seeds 0-99 --batch 7 | sgan-mix | sgan-info | grep -E 'seeds|count'
sgan-z --dim 5 -n 40 --seed 3 --philox --batch 3 | sgan-mix --select 39 | array > a
sgan-z --dim 5 -n 40 --seed 3 --philox | sgan-mix --select 39 | array | cmp - a
sgan-z --dim 5 --seeds 3 --philox | array > b
sgan-z --dim 5 -n 1 --seed 3 --philox | array | cmp - b
sgan-z --dim 512 --seeds 85 | sgan-info --json
