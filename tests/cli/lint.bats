#!/usr/bin/env bats
# The linters themselves: each is fed one bad snippet in a tree of its own and
# must name it, and must let the good tree through.

setup() {
	unset MUSTER_BIN
	scripts=$BATS_TEST_DIRNAME/../../scripts
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/src/base" "$tree/src/store" "$tree/bin" "$tree/man"
	mkdir -p "$tree/build/gcc/bin" "$tree/scripts"
	printf '%s\n' 'base: | popt.h' 'store: base' >"$tree/src/LAYERS"
	cat >"$tree/src/base/good.h" <<-'END'
	#ifndef BASE_GOOD_H
	#define BASE_GOOD_H

	#include <stddef.h>

	/* Two numbers. */
	struct pair {
		int	a, b;
		int	(*more)(void);
	};

	int	pair_sum(const struct pair *);

	/* Its size, and its name. */
	size_t	good_size(void);
	char	*good_name(void);

	#endif
	END
	cat >"$tree/src/base/good.c" <<-'END'
	/* A comment may say strcpy(a, b) and #include <sodium.h>. */
	#include <stdlib.h>

	#include "base/good.h"

	int
	pair_sum(const struct pair *p)
	{
		const char *text = "printf(\"sprintf(x)\")";

		return text == NULL ? 0 : p->a + p->b;
	}
	END
	# <<- takes the tabs away that C wants; the checks do not mind.
}

# offends SCRIPT 'FILE:LINE: WHAT': exits 1 and prints exactly that line.
offends() {
	run "$scripts/$1" "$tree"
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$output" = "$2" ]
}

passes() {
	run "$scripts/$1" "$tree"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

lines() {
	for ((i = 0; i < $1; i++)); do
		printf '%s\n' "$2"
	done
}

@test "a good tree passes every check" {
	for check in layers headers functions calls man; do
		passes "check-$check"
	done
}

@test "a tree without src is not mistaken for a good one" {
	for check in layers headers functions calls man; do
		run "$scripts/check-$check" "$tree/bin"
		[ "$status" -eq 1 ]
		[[ $output == "check-$check: no folder src"* ]]
	done
}

@test "a room that includes a higher one is named" {
	printf '#include "store/x.h"\n' >"$tree/src/base/bad.c"
	: >"$tree/src/store/x.h"
	offends check-layers \
	    'src/base/bad.c:1: base may not include "store/x.h"'
}

@test "a library outside of its room is named, in bin too" {
	printf '\n#include <popt.h>\n' >"$tree/src/store/bad.c"
	offends check-layers 'src/store/bad.c:2: <popt.h> belongs to base'
	mv "$tree/src/store/bad.c" "$tree/bin/bad.c"
	offends check-layers 'bin/bad.c:2: <popt.h> belongs to base'
}

@test "a library that nobody owns is named" {
	printf '#include <zlib.h>\n' >"$tree/src/base/bad.c"
	offends check-layers \
	    'src/base/bad.c:1: <zlib.h> is owned by no room of src/LAYERS'
}

@test "a third-party header in a header is named, even in its own room" {
	printf '#include <popt.h>\n' >"$tree/src/base/bad.h"
	offends check-layers \
	    'src/base/bad.h:1: <popt.h> may not appear in a header'
	printf '#include <jansson.h>\n' >"$tree/src/base/bad.h"
	offends check-layers \
	    'src/base/bad.h:1: <jansson.h> may not appear in a header'
}

@test "a header beside the file or one that is not there is named" {
	printf '#include "good.h"\n' >"$tree/src/base/bad.c"
	offends check-layers \
	    'src/base/bad.c:1: "good.h" is in no room of src/LAYERS'
	printf '#include "base/gone.h"\n' >"$tree/src/base/bad.c"
	offends check-layers \
	    'src/base/bad.c:1: "base/gone.h" does not exist'
}

@test "a folder that is no room and a layer upside down are named" {
	mkdir "$tree/src/attic"
	: >"$tree/src/attic/x.c"
	offends check-layers \
	    'src/attic/x.c:1: its folder is no room of src/LAYERS'
	rm -r "$tree/src/attic"
	printf '%s\n' 'base: store' 'store: base' >"$tree/src/LAYERS"
	run "$scripts/check-layers" "$tree"
	[ "$status" -eq 1 ]
	[[ $output == "src/LAYERS:1: base may not include store, "* ]]
}

@test "a header that needs another one first is named" {
	printf '%s\n' '#ifndef BASE_BAD_H' '#define BASE_BAD_H' \
	    '/* Wrong. */' 'int	bad(size_t);' '#endif' \
	    >"$tree/src/base/bad.h"
	run "$scripts/check-headers" "$tree"
	[ "$status" -eq 1 ]
	[[ $output == "src/base/bad.h:4: does not compile alone: "* ]]
}

@test "a header without its guard is named" {
	printf '#ifndef BAD\n#define BAD\n/* x */\nint	x(void);\n#endif\n' \
	    >"$tree/src/base/bad.h"
	offends check-headers \
	    'src/base/bad.h:1: does not begin with the guard BASE_BAD_H'
}

@test "a prototype without a contract is named" {
	printf '%s\n' '#ifndef BASE_BAD_H' '#define BASE_BAD_H' '' \
	    '/* About a. */' 'int	bad_a(void);' '' 'char	*bad_b(int,' \
	    '    int);' '#endif' >"$tree/src/base/bad.h"
	offends check-headers 'src/base/bad.h:7: bad_b() has no contract'
}

@test "a function of 81 lines is named, one of 80 is not" {
	{ printf 'void\nlong_one(void)\n{\n'
	    lines 77 '	;'
	    echo '}'; } >"$tree/src/base/bad.c"
	passes check-functions
	sed -i '4i	;' "$tree/src/base/bad.c"
	offends check-functions \
	    'src/base/bad.c:2: long_one() has 81 lines, more than 80'
}

@test "a function of complexity 16 is named, one of 15 is not" {
	{ printf 'int\nbusy(int a)\n{\n'
	    lines 14 '	if (a) a++;'
	    printf '	return a;\n}\n'; } >"$tree/src/base/bad.c"
	passes check-functions
	sed -i '4i	if (a) a++;' "$tree/src/base/bad.c"
	offends check-functions \
	    'src/base/bad.c:2: busy() has complexity 16, more than 15'
}

@test "a function of seven parameters is named" {
	printf 'int\nwide(int a, int (*b)(int, int), int c, int d, int e,
    int f, int g)\n{\n	return a;\n}\n' >"$tree/src/base/bad.c"
	offends check-functions \
	    'src/base/bad.c:2: wide() has 7 parameters, more than 6'
}

@test "nesting of five is named, with and without braces" {
	cat >"$tree/src/base/bad.c" <<-'END'
	int
	deep(int a)
	{
	if (a)
	return 0;
	else if (a > 1)
	return 1;
	else if (a > 2)
	return 2;
	else if (a > 3)
	return 3;
	else if (a > 4)
	return 4;
	for (; a; a++)
	while (a > 0)
	if (a) {
	do
	if (a)
	a = 3;
	while (a);
	}
	return a;
	}
	END
	offends check-functions \
	    'src/base/bad.c:2: deep() nests 5 deep, more than 4'
	sed -i '/while (a > 0)/d' "$tree/src/base/bad.c"
	passes check-functions
}

@test "a line of 81 columns is named, a tab being eight of them" {
	printf '	/* %067d */\n' 0 >"$tree/src/base/bad.c"
	offends check-functions \
	    'src/base/bad.c:1: 81 columns, more than 80'
	printf '	/* %066d */\n' 0 >"$tree/src/base/bad.c"
	passes check-functions
}

@test "a long file is named, and tables of data do not count" {
	lines 601 '/* x */' >"$tree/src/base/bad.c"
	offends check-functions \
	    'src/base/bad.c:1: 601 lines, more than 600'
	{ echo 'static const int table[] = {'; lines 700 '	0,'
	    echo '};'; } >"$tree/src/base/bad.c"
	passes check-functions
	rm "$tree/src/base/bad.c"
	lines 151 '/* x */' >"$tree/bin/bad.c"
	offends check-functions 'bin/bad.c:1: 151 lines, more than 150'
}

@test "a long file of tests is named" {
	mkdir -p "$tree/tests/unit/base"
	lines 601 '/* x */' >"$tree/tests/unit/base/test_bad.c"
	offends check-functions \
	    'tests/unit/base/test_bad.c:1: 601 lines, more than 600'
}

@test "calls that cannot be used safely are named" {
	for call in strcpy strcat sprintf vsprintf strtok gets alloca system \
	    popen setjmp longjmp rand ctime atoi; do
		printf 'int x(void);\n#define X %s (a)\nint\nx(void)\n{\n' \
		    "$call" >"$tree/bin/bad.c"
		printf '	return (int)%s(1);\n}\n' "$call" \
		    >>"$tree/bin/bad.c"
		offends check-calls "bin/bad.c:6: $call: is banned"
	done
}

@test "printing and exiting below bin is named, in cli it is not" {
	mkdir "$tree/src/cli"
	printf 'void x(void) {\n	exit(1);\n}\n' >"$tree/src/base/bad.c"
	offends check-calls \
	    'src/base/bad.c:2: exit: only cli and bin print trouble or exit'
	printf 'void x(void) {\n	fputs("", stderr);\n}\n' \
	    >"$tree/src/base/bad.c"
	offends check-calls \
	    'src/base/bad.c:2: stderr: only cli and bin print trouble or exit'
	printf 'void x(void) {\n	puts("");\n}\n' >"$tree/src/base/bad.c"
	offends check-calls \
	    'src/base/bad.c:2: puts: only cli, report and bin answer'
	mv "$tree/src/base/bad.c" "$tree/src/cli/bad.c"
	passes check-calls
}

# A command x with one option of its own, and its page.
command_x() {
	: >"$tree/bin/x.c"
	cat >"$tree/build/gcc/bin/x" <<-'END'
	#!/bin/sh
	echo "usage: x [option ...]"
	echo "  -s, --store=url         where"
	echo "      --json              answer in JSON"
	END
	chmod +x "$tree/build/gcc/bin/x"
	{ for s in NAME SYNOPSIS DESCRIPTION ENVIRONMENT FILES \
	    'EXIT STATUS' EXAMPLES 'SEE ALSO' CAVEATS; do
		echo ".Sh $s"
	done | sed '/EXIT/a .It 0 , 2 , 64 , 130 , 143'
	echo '.It Fl s , Fl -store Ns = Ns Ar url'
	echo '.It Fl Fl json'; } >"$tree/man/x.1"
}

@test "a command without a page is named" {
	command_x
	passes check-man
	rm "$tree/man/x.1"
	offends check-man 'bin/x.c:1: has no page man/x.1'
}

@test "an option that its page does not list is named, and the reverse" {
	command_x
	sed -i '/json/d' "$tree/man/x.1"
	offends check-man 'man/x.1:1: does not list the option --json'
	command_x
	echo '.It Fl -gone' >>"$tree/man/x.1"
	offends check-man 'man/x.1:13: lists the option --gone, unknown to x'
}

@test "a page without its exit statuses is named" {
	command_x
	sed -i '/EXIT STATUS/d' "$tree/man/x.1"
	offends check-man 'man/x.1:1: has no section EXIT STATUS'
	command_x
	sed -i 's/ , 143//' "$tree/man/x.1"
	offends check-man 'man/x.1:1: does not tell exit status 143'
}

@test "a command that cannot be run is named" {
	command_x
	rm "$tree/build/gcc/bin/x"
	run "$scripts/check-man" "$tree"
	[ "$status" -eq 1 ]
	[[ $output == "bin/x.c:1: cannot run "*"/build/gcc/bin/x --help" ]]
}

lint() {
	MUSTER_BIN=$tree/build/gcc/bin run "$tree/scripts/lint" "$tree"
	echo "$output"
}

@test "lint as a whole fails when one of its checks does" {
	cp "$scripts"/check-[lhfcm]* "$scripts"/csource.py "$scripts"/lint \
	    "$tree/scripts"
	lint
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	printf '#!/bin/sh\necho $1\n' >"$tree/scripts/bad"
	lint
	[ "$status" -eq 1 ]
	[[ $output == "scripts/bad:2:"*"SC2086"* ]]
	rm "$tree/scripts/bad"
	mkdir "$tree/tests"
	printf '@test "x" {\n	cd $x\n}\n' >"$tree/tests/bad.bats"
	lint
	[ "$status" -eq 1 ]
	[[ $output == "tests/bad.bats:2:"* ]]
	rm "$tree/tests/bad.bats"
	printf '.Dd 2026\n' >"$tree/man/bad.5"
	lint
	[ "$status" -eq 1 ]
	[[ $output == *"bad.5:"* ]]
}
