# The default features: a small classifier of emoji portraits, whose inner layers the measuring
# programs take for a perceptual embedding where no published network is at hand.
#
#   make -f scripts/experiments/emoji-features.mk       train and install as share/emoji-features.sgan
#
# DATA and ATTRIBUTES are made from Debian's fonts-noto-color-emoji where they are missing
# (scripts/emoji-dataset). What the pictures show follows from their code points: skin tone, gender,
# hair, role. Each person is there in six tones, so that held-out pictures have siblings among those
# learnt from: their share of right answers says little of other drawings.
BUILD ?= build
WORK  ?= out-features
DATA  ?= $(WORK)/portraits.zip
ATTRIBUTES ?= $(DATA:.zip=.csv)
KIMG  ?= 100
TRAIN  = $(BUILD)/bin/sgan-train --classifier tone,gender,hair,role --attributes $(ATTRIBUTES) \
         --data $(DATA) --cbase 1024 --cmax 64 --mirror --tick 5 --snap 1 --desc emoji-features \
         --licence "Apache-2.0 (weights trained on Noto Emoji pictures, Apache-2.0)" \
         --origin "trained by the sgan project on emoji portraits"
# On a machine that others use, threads that wait must not spin.
export OMP_WAIT_POLICY ?= passive

.PHONY: all
all: share/emoji-features.sgan

$(WORK)/portraits.zip:
	mkdir -p $(WORK)
	scripts/emoji-dataset --portraits $@

# A run that was interrupted goes on.
$(WORK)/trained.sgan: $(DATA)
	mkdir -p $(WORK)
	run=$$(ls -d $(WORK)/run/0* 2>/dev/null | tail -n 1); \
	if [ -n "$$run" ]; then $(BUILD)/bin/sgan-train --continue "$$run"; \
	else $(TRAIN) --outdir $(WORK)/run --kimg $(KIMG); fi
	cp "$$(ls $(WORK)/run/*/network-snapshot-*.sgan | tail -n 1)" $@

share/emoji-features.sgan: $(WORK)/trained.sgan
	cp $< $@.part
	mv $@.part $@
