# What becomes of pixels: alpha, grey, 16 bits, crops. Pictures of one colour stay of one colour
# however they are scaled.
. "$CLI/common.sh"
. "$CLI/data.sh"
cd "$TMPDIR"
mkdir alpha grey deep wide
tga 4 4 '\x10\x20\x30\x80' > alpha/a.tga
sgan-data alpha -o alpha.npy && no || result
for colour in white black FF8000; do
  sgan-data -q alpha --flatten $colour -o alpha.npy
  pixels alpha.npy 12 | uniq
done
echo "grey"
pgm 4 4 '\x64' > grey/a.pgm
sgan-data -q grey -o grey.npy
pixels grey.npy 4 | uniq
sgan-data -q --colour rgb grey -o grey.npy
pixels grey.npy 12 | uniq
ppm 4 4 '\xff\0\0' > grey/b.ppm
sgan-data -q grey -o grey.npy && no || result
sgan-data -q --colour grey grey -o grey.npy
pixels grey.npy 4 | uniq
sgan-data -q --colour grey grey -o grey.zip
sgan-data --check grey.zip
echo "16 bits"
ppm16 4 4 '\x80\x80\0\x80\0\x81' > deep/a.ppm
sgan-data -q deep -o deep.npy
pixels deep.npy 12 | uniq
echo "crops"
# Columns 0 to 7 by 4 rows, each its own number.
{ printf 'P5\n8 4\n255\n'; repeat '\00\01\02\03\04\05\06\07' 4; } > wide/a.pgm
sgan-data wide -o wide.npy && no || result
sgan-data wide --resolution 4x4 -o wide.npy 2> err; said err
sgan-data -q wide --transform center-crop -o wide.npy
pixels wide.npy 4
sgan-data -q wide --transform center-crop --resolution 8 --filter box -o wide.npy
pixels wide.npy 8 | uniq
sgan-data -q wide --transform center-crop-wide --resolution 8x4 -o wide.npy
pixels wide.npy 8
sgan-data -q wide --transform center-crop-wide --resolution 4x2 --filter box -o wide.npy
pixels wide.npy 4
