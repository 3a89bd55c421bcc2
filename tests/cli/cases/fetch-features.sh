# The public networks without a network: files of the wrong contents are refused, and nothing is
# left of them.
. "$CLI/common.sh"
cd "$TMPDIR"
fetch="$CLI/../../scripts/fetch-features"
mkdir from
"$fetch" --from from to && no || result
echo damaged >from/pt_inception-2015-12-05-6726825d.pth
"$fetch" --from from to && no || result
echo damaged >from/vgg16-397923af.pth
"$fetch" --from from to && no || result
ls -A to
"$fetch" --from nowhere to && no || result
"$fetch" --form from && no || result
"$fetch" --from && no || result
"$fetch" --help | lines 1
