# muster: one file, no configure step, nothing written outside build/.

# 1. What can be set: make CC=clang SAN=address,undefined WERROR=1 PREFIX=/usr
ifeq ($(origin CC),default)
CC      := gcc
endif
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
SAN     ?=
WERROR  ?=
COV     ?=
SECONDS ?= 60

# 2. What there is.
comma    := ,
COMMANDS := $(patsubst bin/%.c,%,$(wildcard bin/*.c))
LIB_SRC  := $(wildcard src/*/*.c src/*/*/*.c)
UNIT     := $(patsubst %.c,%,$(wildcard tests/unit/*/test_*.c tests/fault/test_*.c))
TEST_LIB := $(wildcard tests/lib/*.c)
FUZZ     := $(patsubst %.c,%,$(wildcard tests/fuzz/fuzz_*.c))
MAN      := $(wildcard man/*.[157])
VERSION  := $(shell sed -n 's/^\#\# \([0-9][0-9.]*\).*/\1/p' CHANGELOG.md | head -n 1)
B        := build/$(notdir $(CC))$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(COV),-cov)

# 3. How it is built.
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla \
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings \
	$(if $(WERROR),-Werror)
ALL_CPP := -D_GNU_SOURCE -Isrc -DMUSTER_VERSION='"$(VERSION)"' \
	-isystem /usr/include/mariadb -isystem /usr/include/libxml2 \
	$(if $(SAN),,-D_FORTIFY_SOURCE=2) $(CPPFLAGS)
ALL_C := -std=c17 $(WARN) -fstack-protector-strong -fPIE -pthread \
	$(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all) \
	$(if $(COV),--coverage) $(CFLAGS)
ALL_LD := $(ALL_C) -pie -Wl,-z,relro,-z,now $(LDFLAGS)
# libs3's calls of libcurl go through src/store/s3/s3_wire.c.
S3_LIBS := -Wl,--wrap=curl_easy_setopt,--wrap=curl_easy_perform -l:libs3.a \
	-lcurl -lxml2
LIBS := $(S3_LIBS) -larchive -lsodium -lmariadb -lcyaml -lyaml -ljansson -lpopt -lzstd -llmdb \
	-lacl -lcrypto -lz -lpthread

all: $(COMMANDS:%=$(B)/bin/%)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CPP) $(ALL_C) -MMD -MP -c -o $@ $<
$(B)/libmuster.a: $(LIB_SRC:%.c=$(B)/%.o)
	rm -f $@ && $(AR) rcs $@ $^
$(B)/bin/%: $(B)/bin/%.o $(B)/libmuster.a
	$(CC) $(ALL_LD) -o $@ $^ $(LIBS)
# A test says on a line " * wrap: write fsync" which calls it makes fail.
$(B)/tests/unit/% $(B)/tests/fault/% $(B)/tests/fuzz/%: WRAP = $(patsubst %,-Wl$(comma)--wrap=%,\
	$(shell sed -n 's/^ \* wrap: //p' $(patsubst $(B)/%,%,$@).c))
$(B)/tests/%: $(B)/tests/%.o $(TEST_LIB:%.c=$(B)/%.o) $(B)/libmuster.a
	$(CC) $(ALL_LD) $(WRAP) -o $@ $^ $(LIBS) -lcmocka
# Fuzzers: with libFuzzer if it is among the sanitizers, else a main of ours.
FUZZ_LIB := tests/fuzz/source_fake $(if $(findstring fuzzer,$(SAN)),,tests/fuzz/replay)
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(FUZZ_LIB:%=$(B)/%.o) $(B)/libmuster.a
	$(CC) $(ALL_LD) $(WRAP) -o $@ $^ $(LIBS)
-include $(shell find build -name '*.d' 2>/dev/null)

# 4. How it is checked and installed.
unit: $(UNIT:%=$(B)/%)
	@scripts/run-unit $^
check: all unit
	@MUSTER_BIN=$(CURDIR)/$(B)/bin scripts/run-bats tests/cli
check-live: all
	@MUSTER_BIN=$(CURDIR)/$(B)/bin scripts/run-bats tests/live tests/crash
replay: $(FUZZ:%=$(B)/%)
	@scripts/run-fuzz $^
fuzz-for: $(FUZZ:%=$(B)/%)
	@scripts/run-fuzz -s $(SECONDS) $^
fuzz:
	@$(MAKE) -s CC=clang SAN=fuzzer,address,undefined fuzz-for
lint:
	@scripts/lint
install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install $(COMMANDS:%=$(B)/bin/%) $(DESTDIR)$(PREFIX)/bin
	for s in 1 5 7; do install -d $(DESTDIR)$(PREFIX)/share/man/man$$s; done
	for m in $(MAN); do install -m 644 $$m \
	    $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}; done
	install -d $(DESTDIR)$(PREFIX)/share/muster/policies
	install -m 644 policies/*.yaml $(DESTDIR)$(PREFIX)/share/muster/policies
uninstall:
	rm -f $(COMMANDS:%=$(DESTDIR)$(PREFIX)/bin/%)
	for m in $(MAN:man/%=%); do \
	    rm -f $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$$m; done
	rm -rf $(DESTDIR)$(PREFIX)/share/muster
clean:
	rm -rf build

.PHONY: all unit check check-live replay fuzz-for fuzz lint install \
	uninstall clean
.SECONDARY:
