# The default model: a StyleGAN2 of 64 x 64 pixels on emoji portraits.
#
#   make -f scripts/experiments/portraits.mk            train and install as share/default.sgan
#   make -f scripts/experiments/portraits.mk DATA=portraits.zip KIMG=500
#
# DATA is made from Debian's fonts-noto-color-emoji where it is missing (scripts/emoji-dataset). One
# run, as the shipped model was trained: row D of StyleGAN2's table, which grows. On 660 pictures and
# a processor that is what makes it affordable: 1000 pictures take 4 s at 8x8, 12 s at 16x16, 28 s at
# 32x32 and 31 to 46 s at 64x64, on two cores. Row E, which does not grow, had no faces after 150 kimg
# and two hours.
BUILD ?= build
WORK  ?= out-portraits
DATA  ?= $(WORK)/portraits.zip
KIMG  ?= 500
GROWTH = --set growth.train_kimg=50 --set growth.fade_kimg=30 --set growth.lr_base=0.002 \
         --set 'growth.lr={}' --set growth.minibatch_base=16 --set 'growth.minibatch={"8":32,"16":32}'
TRAIN  = $(BUILD)/bin/sgan-train --data $(DATA) --config stylegan2-d --cbase 2048 --cmax 128 \
         --latent-dim 128 --map-depth 4 --gamma 0.1 --aug ada --mirror --mix 0.5 --ema-kimg 4 \
         --pl-weight 0 --set g_reg_interval=0 --set ada_kimg=60 $(GROWTH) \
         --tick 2 --snap 5 \
         --licence "Apache-2.0 (weights trained on Noto Emoji pictures, Apache-2.0)" \
         --origin "trained by the sgan project on emoji portraits"
# On a machine that others use, threads that wait must not spin.
export OMP_WAIT_POLICY ?= passive

.PHONY: all
all: share/default.sgan

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

# The averaged generator alone is what is shipped.
share/default.sgan: $(WORK)/trained.sgan
	$(BUILD)/bin/sgan-import --networks G_ema $< > $@.part
	mv $@.part $@
