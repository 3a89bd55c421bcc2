# Linear separability: scores and entropies, directions that sgan-mix takes.
. "$CLI/metrics.sh"
SGAN_MODEL=$share/default.sgan
sgan-linsep -q --n 120 --json > one
jq -r .metric one | sed -n '1p;/gender/p;/ls_w\[/p'
jq -r 'keys_unsorted | join(" ")' one | lines 1
jq -s -c 'map(select(.metric | startswith("ls_w")) | .value) | (.[0] / pow(2; .[1:] | add) - 1 | fabs) < 1e-12' one
jq -s -c 'map(select(.metric | startswith("ls_")) | .value >= 0) | all' one
sgan-linsep -q --n 120 --space w --checkpoint part --directions all.w --json > two
jq -s -c '[.[].metric] | map(startswith("ls_w")) | all' two
jq -n --slurpfile a one --slurpfile b two '[$a[] | select(.metric | startswith("ls_w[")) | .value] == [$b[0].value]'
# From the checkpoint, one direction.
sgan-linsep -q --n 120 --space w --checkpoint part --directions d.w --attribute gender=woman > line
sed -n '1s/  [0-9].*  120 samples, seed 0, model [0-9a-f]\{12\}, features [0-9a-f]\{12\}$/ ok/p' line
sgan-info --json d.w | jq -c '[.kind, .count, .provenance["sgan-linsep"]]'
sgan-z -n 2 | sgan-map > w.bin
sgan-mix w.bin --add 'd.w*2' > moved.bin
sgan-mix w.bin --add 'd.w*0' > still.bin
cmp -s moved.bin w.bin || echo moved
# Of another model it is refused.
sgan-z -n 1 -m "$(model 1)" | sgan-map -m "$(model 1)" | sgan-mix --add 'd.w*1' && no || result
mkdir run; sgan-linsep -q --n 120 --checkpoint part --run-dir run > /dev/null; ls run
