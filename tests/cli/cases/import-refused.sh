# What is no network, is damaged, or wants to run code: one line, status 1, nothing left behind.
try() {
  status=0
  sgan-import "$@" -o model.sgan || status=$?
  echo "status $status"
}
printf '\200\002cposix\nsystem\nX\012\000\000\000touch RAN\205R.' > system.pkl
try system.pkl
printf '\200\004\214\010builtins\214\004eval\223\214\0011\205R.' > eval.pkl
try eval.pkl
{
  printf '\200\002'
  head -c 1000000 /dev/zero | tr '\0' ']'
  head -c 999999 /dev/zero | tr '\0' a
  printf .
} > nested.pkl
try nested.pkl
printf '\200\003B\377\377\377\377x' > huge.pkl
try huge.pkl
: > empty.pkl
try empty.pkl
echo '<html>not found</html>' > page.pkl
try page.pkl
try missing.pkl
printf '\200\002]q\000h\000a.' > cycle.pkl
try cycle.pkl
head -c 100000 "$GOLDEN/network-snapshot-stylegan2.pkl" > cut.pkl
try cut.pkl
head -c 100000 "$GOLDEN/rosinality.pt" > cut.pt
try cut.pt
try --networks G_ema,H "$GOLDEN/legacy-tf.pkl"
sgan-import --networks G_ema "$GOLDEN/legacy-tf.pkl" > ours.sgan
try ours.sgan
rm *.pkl *.pt ours.sgan
