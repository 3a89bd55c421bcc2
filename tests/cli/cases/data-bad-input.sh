# Sources that are no data set, and options that do not fit.
. "$CLI/common.sh"
. "$CLI/data.sh"
folder "$TMPDIR/set" 3
cd "$TMPDIR"
for source in empty/ nothing set/0.ppm text void void.zip cut.zip others.zip -; do
  case $source in
    empty/) mkdir empty ;;
    text) echo text > text ;;
    void*) : > $source ;;
    cut.zip) sgan-data -q set -o cut.zip; truncate -s 300 cut.zip ;;
    others.zip) printf 'PK\05\06%18s' '' | tr ' ' '\0' > others.zip ;;
  esac
  sgan-data $source -o out.zip && no || result
done
sgan-data && no || result
for resolution in 7x7 2x2 12x12 16x8 17 0x0 16x16x16 axb; do
  sgan-data --resolution $resolution set -o out.zip && no || result
done
sgan-data --transform center-crop-wide set && no || result
sgan-data --transform center-crop-wide --resolution 8x16 set && no || result
sgan-data --transform crop set && no || result
sgan-data --flatten blue set && no || result
sgan-data --colour red set && no || result
sgan-data --filter nearest set && no || result
sgan-data --max-images 0 set && no || result
mkdir twelve
ppm 12 12 '\01\02\03' > twelve/a.ppm
sgan-data twelve -o out.zip && no || result
[ ! -e out.zip ]
