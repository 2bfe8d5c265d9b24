# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#   make test   install what is missing, build, run all tests

LLVM  := /usr/lib/llvm-22
BUILD := build
CC    := clang-22
CXX   := clang++-22

.PHONY: test build setup clean

test: build
	@cmake/run-tests.sh $(BUILD)

build: setup $(BUILD)/build.ninja
	@cmake --build $(BUILD)

$(BUILD)/build.ninja: CMakeLists.txt | setup
	@cmake -G Ninja -S . -B $(BUILD) -DMLIR_DIR=$(LLVM)/lib/cmake/mlir \
	  -DCMAKE_C_COMPILER=$(CC) -DCMAKE_CXX_COMPILER=$(CXX)

# Installs the packages of apt-packages.txt that are missing, and only those.
setup:
	@cmake/install-packages.sh apt-packages.txt

clean:
	rm -rf $(BUILD)
