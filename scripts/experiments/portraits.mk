# The default model: a StyleGAN2 of 64 x 64 pixels on emoji portraits.
#
#   make -f scripts/experiments/portraits.mk            train and install as share/default.sgan
#   make -f scripts/experiments/portraits.mk DATA=portraits.zip KIMG=200
#
# DATA is made from Debian's fonts-noto-color-emoji where it is missing (scripts/emoji-dataset). Two
# stages, as the shipped model was trained: 24 kimg from scratch, then on from there with ADA that
# adapts faster, which a set of 660 pictures needs.
BUILD ?= build
WORK  ?= out-portraits
DATA  ?= $(WORK)/portraits.zip
FIRST ?= 24
KIMG  ?= 200
TRAIN  = $(BUILD)/bin/sgan-train --data $(DATA) --config stylegan2-e --cbase 2048 --cmax 128 \
         --latent-dim 128 --map-depth 4 --batch 16 --gamma 0.2 --aug ada --mirror --ema-kimg 3 \
         --pl-weight 0 --set g_reg_interval=0 --tick 1 --snap 5 \
         --licence "Apache-2.0 (weights trained on Noto Emoji pictures, Apache-2.0)" \
         --origin "trained by the sgan project on emoji portraits"
# On a machine that others use, threads that wait must not spin.
export OMP_WAIT_POLICY ?= passive

.PHONY: all
all: share/default.sgan

$(WORK)/portraits.zip:
	mkdir -p $(WORK)
	scripts/emoji-dataset --portraits $@

$(WORK)/first.sgan: $(DATA)
	mkdir -p $(WORK)
	$(TRAIN) --outdir $(WORK)/first --kimg $(FIRST)
	cp "$$(ls $(WORK)/first/*/network-snapshot-*.sgan | tail -n 1)" $@

$(WORK)/second.sgan: $(WORK)/first.sgan
	$(TRAIN) --outdir $(WORK)/second --kimg $(KIMG) --resume $< --set ada_kimg=60
	cp "$$(ls $(WORK)/second/*/network-snapshot-*.sgan | tail -n 1)" $@

# The averaged generator alone is what is shipped.
share/default.sgan: $(WORK)/second.sgan
	$(BUILD)/bin/sgan-import --networks G_ema $< > $@.part
	mv $@.part $@
