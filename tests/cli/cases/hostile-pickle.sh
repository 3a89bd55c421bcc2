# Pickles that would run something or eat all memory elsewhere.
. "$CLI/common.sh"
cd "$TMPDIR"
printf "cos\nsystem\n(S'touch pwned'\ntR." > system.pkl
printf '\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0btouch pwned\x85R.' > stack.pkl
printf 'cbuiltins\neval\n(S"1"\ntR.' > eval.pkl
{ printf '\x80\x02'; head -c 200000 /dev/zero | tr '\0' '('; } > marks.pkl
{ printf '\x80\x02'; head -c 200000 /dev/zero | tr '\0' ']'; printf '.'; } > lists.pkl
{ printf '\x80\x02]'; for _ in $(seq 3000); do printf ']a'; done; printf '.'; } > shallow.pkl
printf '\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f' > bytes.pkl
printf '\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.' > frame.pkl
printf '\x80\x02\x8b\xff\xff\xff\x7f' > long.pkl
printf '\x80\x09.' > protocol.pkl
printf '\x80\x02K\x01' > unfinished.pkl
printf '\x80\x02K\x01.' > number.pkl
for file in system stack eval marks lists shallow bytes frame long protocol unfinished number; do
  (ulimit -v 4000000; timeout 20 sgan-import -o out $file.pkl) && no || result
done
ls -A | grep -E 'pwned|out' || :
