# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#   make demo        install what is missing, build, run examples/ on real data
#   make test        install what is missing, build, run all tests
#   make bench       times norms beside copies and beside what else computes
#                    them here; takes half an hour. QUICK=1: a part of it, a
#                    minute. BENCH="--kinds norm --threads 2 ..." chooses, --help
#                    says what; YARDSTICK=DIR adds the hand-written kernels in
#                    that folder
#   make bench-peers installs what norms are compared with (JAX, brainstate,
#                    PyTorch, ONNX Runtime, oneDNN; 8 GB) into .venv-peers
#   make soak N=...  N random norms against the reference (default 10000)
#   make soak-sanitize N=...  the same, and norms drawn by the C API, under
#                    AddressSanitizer and UndefinedBehaviorSanitizer
#   make test-sanitize  lit's tests under them
#   make build       install what is missing, build
#   make clean       remove what was built
#
# A target installs Debian packages (apt-packages.txt) and Python packages
# (requirements.txt, into .venv) that are not there yet, and nothing else.

LLVM  := /usr/lib/llvm-22
BUILD := build
SANITIZED := build-sanitize
CC    := clang-22
CXX   := clang++-22
N     := 10000
YARDSTICK :=
QUICK :=
BENCH :=
PYTHON = .venv/bin/python3

.PHONY: demo test soak soak-sanitize test-sanitize bench bench-peers build build-sanitized setup clean

demo: build
	@$(PYTHON) examples/demo.py --build $(BUILD)

test: build
	@cmake/run-tests.sh $(BUILD) $(PYTHON)

soak: build
	@$(PYTHON) python/tests/soak.py --cases $(N)

soak-sanitize: build-sanitized
	@cmake/run-sanitized.sh $(SANITIZED) $(CC) $(PYTHON) python/tests/soak.py --cases $(N)
	@ASAN_OPTIONS=allow_user_poisoning=0 UBSAN_OPTIONS=halt_on_error=1 $(SANITIZED)/bin/capi-fuzz $$(($(N) / 100 + 1))

test-sanitize: build-sanitized
	@python3 $(SANITIZED)/bin/rmsnorm-lit -v $(SANITIZED)/test

build-sanitized: setup $(SANITIZED)/build.ninja
	@cmake --build $(SANITIZED)

$(SANITIZED)/build.ninja: CMakeLists.txt | setup
	@cmake --preset sanitize

bench: build
	@$(BUILD)/bin/rmsnorm-bench $(if $(QUICK),--quick) $(if $(YARDSTICK),--yardstick $(YARDSTICK)) $(BENCH)

bench-peers:
	@cmake/install-packages.sh apt-packages.txt
	@cmake/make-venv.sh .venv-peers requirements-peers.txt $(BUILD)/python

build: setup $(BUILD)/build.ninja
	@cmake --build $(BUILD)

$(BUILD)/build.ninja: CMakeLists.txt | setup
	@cmake -G Ninja -S . -B $(BUILD) -DMLIR_DIR=$(LLVM)/lib/cmake/mlir \
	  -DCMAKE_C_COMPILER=$(CC) -DCMAKE_CXX_COMPILER=$(CXX) -DRMSNORM_ENABLE_PYTHON=ON

setup:
	@cmake/install-packages.sh apt-packages.txt
	@cmake/make-venv.sh .venv requirements.txt $(BUILD)/python

clean:
	rm -rf $(BUILD) $(SANITIZED)
