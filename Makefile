# Highwater: how a kernel gives memory back. `make` alone lists what there is to do.

ARCH ?= i386
VM ?= 2.4
MEM ?= 32M
CPUS ?= 1
LAB ?=
PYTHON := grader/python

# All processors build.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

# What a command cannot be asked for, said before anything is built.
one_of = $(if $(filter $($(1)),$(2)),,$(error $(1)=$($(1)): choose one of: $(2)))
$(call one_of,ARCH,i386 x86_64)
$(call one_of,VM,2.4 2.6)
$(call one_of,CPUS,1 2 3 4 5 6 7 8)
ifeq ($(shell echo '$(MEM)' | grep -Ex '[1-9][0-9]{0,5}[MmGg]?'),)
$(error MEM=$(MEM): give a size such as 32M or 1G)
endif
ifneq ($(LAB),)
$(call one_of,LAB,$(sort $(foreach lab,$(wildcard labs/[0-9]*),$(firstword $(subst -, ,$(notdir $(lab)))))))
endif

.PHONY: help
help:
	@echo 'Highwater: choose with ARCH=i386|x86_64 VM=2.4|2.6 MEM=32M CPUS=1'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup:
	@./setup --quiet-check || ./setup

.PHONY: demo
demo: setup ## a kernel runs out of memory and recovers; pictures in build/demo
	@$(MAKE) --no-print-directory kernel
	@$(PYTHON) -m diagrams.demo --arch $(ARCH) --vm $(VM)

.PHONY: test
test: setup ## everything: scenarios, boots, workloads, debugger, labs (a few minutes)
	@$(MAKE) --no-print-directory everything
	@$(PYTHON) -m pytest -n 2 $(TESTS)

MINUTES ?= 10
SEED ?=
# What was said on the command line narrows the soak down; by default it takes all machines.
said = $(if $(filter command,$(origin $(1))),--$(2) $($(1)))
.PHONY: soak
soak: setup ## everything at once under pressure, MINUTES=10 in all; SEED=1 VM= ARCH= CPUS= CHECK=1
	@for arch in $(if $(call said,ARCH,arch),$(ARCH),i386 x86_64); do \
		$(MAKE) --no-print-directory kernel ARCH=$$arch && \
		$(MAKE) --no-print-directory -C os kernel ARCH=$$arch CHECK=$(CHECK) || exit; done
	@$(PYTHON) -m grader.soak --minutes $(MINUTES) $(call said,VM,vm) \
		$(call said,ARCH,arch) $(call said,CPUS,cpus) $(if $(SEED),--seed $(SEED)) $(if $(CHECK),--check)

.PHONY: kernel
kernel: ## the kernel, its programs and its disks for ARCH
	@$(MAKE) --no-print-directory -C os kernel images ARCH=$(ARCH)

.PHONY: sim
sim: ## the kernel's memory core as a host program: build/sim/highwater
	@$(MAKE) --no-print-directory -C os sim

.PHONY: everything
everything: ## all machines, also as they check themselves, and sim with sanitizers
everything: $(addprefix build-,i386 i386-check x86_64 x86_64-check sim sim-san)

# The name is that of a directory under build/: a machine, and the options of os/Makefile.
build-%:
	@$(MAKE) --no-print-directory -C os $(if $(findstring sim,$*),sim, \
		kernel $(if $(findstring check,$*),,images) ARCH=$(firstword $(subst -, ,$*))) \
		$(if $(findstring check,$*),CHECK=1) $(if $(findstring san,$*),SANITIZE=1)

.PHONY: qemu
qemu: kernel ## boots to a shell on this terminal; Ctrl-A X leaves
	@$(PYTHON) -m grader.guest --arch $(ARCH) --vm $(VM) --mem $(MEM) --cpus $(CPUS) \
		$(if $(LAB),--lab $(LAB))

.PHONY: gdb
gdb: ## opens gdb on the guest that `make qemu` runs, with the mm commands
	@$(PYTHON) -m grader.guest --arch $(ARCH) --debug

.PHONY: iso
iso: kernel ## a CD image that boots the kernel through GRUB
	@$(MAKE) --no-print-directory -C os iso ARCH=$(ARCH)

.PHONY: grade
grade: setup sim ## LAB=06: runs a lab's tests on your files
	@$(PYTHON) -m grader grade $(LAB)

.PHONY: starters
starters: ## makes the labs' starter files from the reference
	@$(PYTHON) -m grader starters

.PHONY: bench
bench: ## measures speed, on both architectures
	@$(MAKE) --no-print-directory everything
	@$(PYTHON) -m grader.bench

TRACE ?=
.PHONY: replay
replay: sim ## both eras, LRU, CLOCK and OPT on one access trace; TRACE=FILE MEMORY=10%,25%,50%
	@mkdir -p build/replay
	@$(if $(TRACE),,build/sim/highwater trace zipf --format=oracleGeneral >build/replay/zipf.bin)
	@build/sim/highwater replay $(or $(TRACE),build/replay/zipf.bin) --compare \
		$(if $(MEMORY),--memory=$(MEMORY)) --plot=build/replay/$(basename $(notdir $(or $(TRACE),zipf.bin))).svg

.PHONY: fuzz
fuzz: ## random scenarios on sim with sanitizers, both eras or VM=2.6; SEED=1 COUNT=1000 or TIME=60 (seconds)
	@$(PYTHON) -m grader.fuzz $(call said,VM,policy) $(if $(SEED),--seed $(SEED)) $(if $(COUNT),--count $(COUNT)) \
		$(if $(TIME),--time $(TIME))

.PHONY: clean
clean: ## removes build/
	rm -rf build
