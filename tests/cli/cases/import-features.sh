# Networks that judge pictures: imported, told, refused as generators, and used.
. "$CLI/common.sh"
cd "$TMPDIR"
make() { foreign-features "$1" >"$1"; }
kind() { sgan-info "$1" | grep -E '^(kind|name|network|family|attributes|licence|origin|    parameters|  glasses) '; }
for name in vgg16 vgg16-script vgg16-script-heads heads classifier; do make $name; done

echo "# VGG16: the weights of LPIPS are its own, or given; the public ones are for full width."
sgan-import --heads heads -o v.sgan vgg16
kind v.sgan
sgan-import --licence mine --origin here --heads heads vgg16-script >s.sgan
kind s.sgan
sgan-import -o h.sgan vgg16-script-heads
sgan-info --json --tensors h.sgan | tr , '\n' | grep -c weight
sgan-import -o out.sgan vgg16 && no || result

echo "# A classifier, by a name of our choice."
sgan-import --attribute glasses -o c.sgan classifier
kind c.sgan
sgan-import <classifier | sgan-info | grep ^name

echo "# Measuring takes them, other programs do not."
model=$(model 1)
SGAN_FEATURES=. sgan-ppl -m "$model" --n 2 | cut -d' ' -f1
sgan-ppl -q -m "$model" --n 2 --features c.sgan | cut -d' ' -f1
for program in sgan-map sgan-synth sgan-ppl; do
  sgan-z -n 1 | $program -m v.sgan && no || result
done
sgan-import --networks G v.sgan && no || result
sgan-import --networks D classifier && no || result
. "$CLI/train.sh"
pictures 4 data.npy
sgan-train -q --data data.npy --outdir runs "${small[@]}" --kimg 0.004 --resume v.sgan && no || result

echo "# What is wrong is named."
for name in vgg16-short vgg16-shape vgg16-nan vgg19 inception-torchvision classifier-nan; do
  make $name
  sgan-import --heads heads -o out.sgan $name && no || result
done
make heads-wide
sgan-import --heads heads-wide -o out.sgan vgg16 && no || result
sgan-import --heads vgg16 -o out.sgan vgg16 && no || result
sgan-import -o out.sgan heads && no || result
sgan-import -o out.sgan --attribute x --heads heads vgg16 && no || result
sgan-import -o out.sgan classifier-nan && no || result
sgan-import -o out.sgan --heads heads "$GOLDEN/legacy-tf.pkl" && no || result
head -c 3000 vgg16 | sgan-import -o out.sgan && no || result
head -c 9000 classifier | sgan-import -o out.sgan && no || result
[ ! -e out.sgan ]
