# --help and --version: to stdout, status 0; a full disk shows.
for program in sgan-z sgan-map sgan-mix sgan-synth sgan-info; do
  $program --help | sed -n '1p;/^Examples:/p;/^See also:/p'
  $program --version
  $program --help >/dev/full && : || echo "-> $?" >&2
done
