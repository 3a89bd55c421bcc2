# A training checkpoint without a mean w gets one, and says so.
sgan-import "$GOLDEN/rosinality-train.pt" | sgan-info | grep -E '^truncation'
