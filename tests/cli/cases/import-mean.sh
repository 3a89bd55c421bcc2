# A training checkpoint without a mean w gets one, and says so.
sgan-import "$GOLDEN/rosinality-train.pt" | sgan-info | grep -E '^truncation'
# A wrong --mean is misuse, also where the file has its mean or cannot be read.
sgan-import --mean abc "$GOLDEN/legacy-tf.pkl" -o out && exit 1 || echo $?
sgan-import --mean -1 missing.pkl && exit 1 || echo $?
