# Selection, paths, means, styles, directions.
. "$CLI/common.sh"
SGAN_MODEL=$(model 1); export SGAN_MODEL
count() { sgan-info | grep count; }
values() { zstd -dcq | od -An -v -tf4 -j 128 -w4 | lines "$1" | tr -d '\n'; echo; }
cd "$TMPDIR"
floats() { npy "$1, 2" "$2"; }
# Four latents (1, 0), (0, 1), (2, 2), (0, 0).
one='\0\0\x80\x3f' two='\0\0\0\x40' zero='\0\0\0\0'
floats 4 "$one$zero$zero$one$two$two$zero$zero" > four.npy
sgan-mix four.npy --select 2,0-1 | values 6
sgan-mix four.npy four.npy | count
sgan-mix four.npy --mean | values 2
sgan-mix four.npy --lerp 2 | count
sgan-mix four.npy --lerp 2 --select 0,1 | values 2
sgan-mix four.npy --select 0,1 --slerp 2 | sgan-mix --select 1 | values 2
sgan-mix four.npy --select 0,1 --lerp 3 --loop | count
sgan-mix four.npy --cubic 5 | count
sgan-mix four.npy --cubic 5 | sgan-mix --select 5 | values 2
floats 1 "$one$two" > direction.npy
sgan-mix four.npy --select 3 --add 'direction.npy*0.5' --add 'direction.npy*1' | values 2
sgan-mix four.npy --slerp 2 -o out && no || result
sgan-mix four.npy --select 4 -o out && no || result
sgan-mix four.npy --with four.npy -o out && no || result
sgan-mix four.npy --lerp 0 -o out && no || result
sgan-z --seeds 1-3 | sgan-map > a.w
sgan-z --seeds 7-8 | sgan-map > b.w
sgan-mix a.w --with b.w -o out && no || result
sgan-mix a.w --select 0-1 --with b.w --styles 0-2 | count
sgan-mix a.w --cross --with b.w --styles middle | count
sgan-mix a.w --figure --with b.w --styles coarse | count
# A direction is one latent. With all layers taken there is nothing left of a.
sgan-mix b.w --mean --add 'b.w*1' -o out && no || result
sgan-mix a.w --select 0-1 --with b.w | zstd -dcq > all; sgan-mix b.w | zstd -dcq > b; cmp all b
sgan-mix a.w --select 0 --slerp 2 -o out && no || result
sgan-mix a.w four.npy -o out && no || result
# Names that are none, such as that of a variable that is not set, and one stdin for two.
sgan-mix a.w --add '*1' -o out && no || result
sgan-mix --add '-*-1' -o out < a.w && no || result
sgan-mix --with - -o out < a.w && no || result
sgan-mix a.w --select 0 | sgan-mix a.w --add '-*-1' | count
[ ! -e out ]
