# For cases that write or read picture files: sourced; they are skipped where the build has none.
compgen -G "$(dirname "$(command -v sgan-synth)")/../lib/libsgan-image.so*" > /dev/null || exit 77
