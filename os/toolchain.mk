# Finds the compiler and linker for ARCH: what the caller names, else the first that works.

QUIET := $(if $(V),,@)

MACHINE_i386 := -m32 -march=i686
MACHINE_x86_64 := -m64
# Arguments go in registers where there are few: known to arch/i386/entry.S.
ARCH_FLAGS_i386 := $(MACHINE_i386) -mregparm=3
ARCH_FLAGS_x86_64 := $(MACHINE_x86_64) -mcmodel=kernel -mno-red-zone
EMULATION_i386 := elf_i386
EMULATION_x86_64 := elf_x86_64
ARCH_FLAGS := $(ARCH_FLAGS_$(ARCH))

works = $(shell echo 'int x;' | $(1) $(MACHINE_$(ARCH)) -ffreestanding -x c -c -o /dev/null - \
	2>/dev/null && echo '$(1)')

ifeq ($(origin CC),default)
ifeq ($(ARCH),sim)
CC := cc
else
CC := $(or $(call works,gcc),$(call works,i686-linux-gnu-gcc),\
	$(call works,x86_64-linux-gnu-gcc),$(call works,x86_64-elf-gcc),\
	$(call works,clang --target=$(ARCH)-elf),\
	$(error no compiler for $(ARCH): run ./setup --check))
endif
endif

ifeq ($(origin LD),default)
LD := $(or $(shell for ld in ld i686-linux-gnu-ld x86_64-linux-gnu-ld x86_64-elf-ld ld.lld; do \
	$$ld -m $(EMULATION_$(ARCH)) --version >/dev/null 2>&1 && { echo $$ld; break; }; done),\
	$(if $(filter sim,$(ARCH)),ld,$(error no linker for $(ARCH): run ./setup --check)))
endif
LD_FLAGS := -m $(EMULATION_$(ARCH))
