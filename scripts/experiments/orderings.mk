# The papers' orderings at small scale, from the measuring programs: a table on stdout.
#
#   make -f scripts/experiments/orderings.mk            some 15 minutes on two cores
#   make -f scripts/experiments/orderings.mk KIMG=10    less, and less clear
#
# - Path length regularisation lowers the perceptual path length (1912.04958, section 3.2): two
#   StyleGAN2 of 32 x 32 pixels that differ in nothing else. The weight is ten times the published
#   one, which is meant for millions of pictures; with that the order was not clear after 60 000.
# - Attributes are separated better in w than in z (1812.04948, section 4.2): the default model.
# - StyleGAN3-T is equivariant to translation where StyleGAN2 with Fourier features (row B of
#   2106.12423, table 3) is not, and -R to rotation where -T is not: networks as they are drawn,
#   since that is the architecture's doing and not the training's.
BUILD ?= build
WORK  ?= out-orderings
DATA  ?= $(WORK)/portraits.zip
KIMG  ?= 40
N     ?= 2000
SMALL  = --cbase 1024 --cmax 128 --latent-dim 128 --map-depth 4 --gamma 0.02 --aug ada --mirror \
         --batch 16 --ema-kimg 4
ROWS   = stylegan3-b stylegan3-t stylegan3-r
export OMP_WAIT_POLICY ?= passive

.PHONY: all
all: $(WORK)/ppl.txt $(WORK)/separability.txt $(WORK)/equivariance.txt
	cat $^

$(WORK)/portraits.zip:
	mkdir -p $(WORK)
	scripts/emoji-dataset --portraits $@

$(WORK)/portraits-32.zip: $(DATA)
	mkdir -p $(WORK)
	$(BUILD)/bin/sgan-data --resolution 32 $< -o $@

# A run that was interrupted goes on.
define train
	run=$$(ls -d $(1)/0* 2>/dev/null | tail -n 1); \
	if [ -n "$$run" ]; then $(BUILD)/bin/sgan-train --continue "$$run"; \
	else $(BUILD)/bin/sgan-train --outdir $(1) $(2); fi
	cp "$$(ls $(1)/*/network-snapshot-*.sgan | tail -n 1)" $@
endef

$(WORK)/with.sgan: $(WORK)/portraits-32.zip
	$(call train,$(WORK)/with,--data $< --config stylegan2-e $(SMALL) --kimg $(KIMG) --pl-weight 20)
$(WORK)/without.sgan: $(WORK)/portraits-32.zip
	$(call train,$(WORK)/without,--data $< --config stylegan2-e $(SMALL) --kimg $(KIMG) \
	  --pl-weight 0 --set g_reg_interval=0)

$(WORK)/ppl.txt: $(WORK)/with.sgan $(WORK)/without.sgan
	for m in with without; do echo "$$m path length regularisation"; \
	  $(BUILD)/bin/sgan-ppl -m $(WORK)/$$m.sgan --n $(N); \
	  $(BUILD)/bin/sgan-ppl -m $(WORK)/$$m.sgan --n $(N) --sampling full; done > $@.part
	mv $@.part $@

$(WORK)/separability.txt:
	mkdir -p $(WORK)
	echo "separability of the default model in z and in w" > $@.part
	$(BUILD)/bin/sgan-linsep --n $$((2 * $(N))) >> $@.part
	mv $@.part $@

$(WORK)/equivariance.txt: $(ROWS:%=$(WORK)/%.sgan)
	for row in $(ROWS); do echo "$$row"; $(BUILD)/bin/sgan-eq -m $(WORK)/$$row.sgan --n 64; done > $@.part
	mv $@.part $@
$(ROWS:%=$(WORK)/%.sgan): $(WORK)/%.sgan: $(DATA)
	mkdir -p $(WORK)
	$(call train,$(WORK)/$*,--data $< --config $* --cbase 2048 --cmax 64 --latent-dim 64 \
	  --map-depth 2 --gamma 0.1 --batch 4 --kimg 0)
