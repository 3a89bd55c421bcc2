# The front door. `make help` lists what there is.
BUILD   ?= build
PREFIX  ?= /usr/local
JOBS    ?= $(shell nproc)
CMAKE_ARGS ?=
# One CUDA architecture is enough to prove that it compiles and links.
ifeq ($(CI),true)
CMAKE_ARGS += -DSGAN_CUDA_ARCHS=90-real
endif

.PHONY: help setup configure build demo test bench fuzz man install deb clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s '|'

setup:  ## install the packages that are missing (Debian, Ubuntu)
	scripts/setup

configure:
	@cmake -G Ninja -S . -B $(BUILD) $(CMAKE_ARGS)

build: configure  ## build programs (build/bin), libraries (build/lib) and tests
	cmake --build $(BUILD) -j $(JOBS)

demo: setup build  ## draw pictures with the default model: out.png
	scripts/demo $(BUILD)

test: setup build  ## run every test
	ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)

bench: build  ## measure speed and memory, print a table
	scripts/bench $(BUILD)

fuzz:  ## fuzz every reader (needs clang); FUZZ_SECONDS each, 300 by default
	scripts/fuzz

man:  ## show the manual pages as text
	@for page in man/*.[1-7]; do MANWIDTH=100 man -l $$page | cat; done

install: build  ## install under PREFIX (DESTDIR is honoured)
	DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

deb:  ## build a Debian package for all GPU generations
	cmake -G Ninja -S . -B $(BUILD)-deb -DSGAN_TESTS=OFF -DSGAN_CUDA_ARCHS="75-real;80-real;86-real;89-real;90-real;100-real;120"
	cmake --build $(BUILD)-deb -j $(JOBS)
	cd $(BUILD)-deb && cpack -G DEB

clean:  ## remove what was built
	rm -rf $(BUILD) $(BUILD)-deb
