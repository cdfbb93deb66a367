/* The tar that leaves muster, read by other programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/tree_kit.h"
#include "base/err.h"

static struct tree_kit kit;

static int
set_up(void **state)
{
	(void)state;
	tree_kit_open(&kit);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	tree_kit_close(&kit);
	return 0;
}

/* dst/../t.tar: src, as muster-cat writes it. */
static void
write_tar(void)
{
	struct err e;
	FILE *f;
	char path[300];

	tree_kit_take(&kit);
	assert_string_equal(kit.notes, "");
	(void)snprintf(path, sizeof(path), "%s/../t.tar", kit.dst);
	assert_non_null(f = fopen(path, "w"));
	if (archive_cat(kit.live.chunks, &kit.root, NULL, fileno(f),
	    &e) == -1)
		fail_msg("%s", e.text);
	assert_int_equal(fclose(f), 0);
}

/* Neither says a word when listing or extracting, in any locale. */
static void
others_bring_it_back(void)
{
	static const char *const locales[] = { "C", "C.UTF-8" };
	static const char *const how[] = {
		"tar xpf $dst/../t.tar --xattrs --xattrs-include='*' --acls",
		"bsdtar xpf $dst/../t.tar",
	};
	char line[512];
	size_t i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < 2; k++) {
			(void)snprintf(line, sizeof(line), "export LC_ALL=%s;"
			    " rm -rf $dst/src; w=$(tar tf $dst/../t.tar 2>&1 "
			    ">/dev/null; bsdtar tf $dst/../t.tar 2>&1 "
			    ">/dev/null; %s -C $dst 2>&1); [ -z \"$w\" ] || "
			    "{ echo \"$w\"; exit 1; }", locales[i], how[k]);
			tree_kit_sh(&kit, line);
			tree_kit_same(&kit);
		}
	}
}

static void
an_ordinary_tar_is_what_others_read(void **state)
{
	struct err e;
	FILE *f;

	(void)state;
	tree_kit_sh(&kit, "cd $src; for i in $(seq 100); do echo $i >f$i; "
	    "done; mkdir d; ln f1 d/hard; ln -s f1 d/soft; "
	    "head -c 5000000 /dev/urandom >d/big; "
	    "touch -d '2001-02-03 04:05:06.789' d/big; "
	    "setfattr -n user.k -v v f7; setfacl -m u:5:r f8");
	write_tar();
	others_bring_it_back();
	assert_non_null(f = fopen("/dev/full", "w"));
	assert_int_equal(archive_cat(kit.live.chunks, &kit.root, NULL,
	    fileno(f), &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
	(void)fclose(f);
}

/* Composed and decomposed letters, no letters at all, and long ones. */
static void
names_in_no_locale_are_what_others_read(void **state)
{
	(void)state;
	tree_kit_sh(&kit, "set -e; cd $src; "
	    "c=$(printf '\\303\\251') d=$(printf 'e\\314\\201'); "
	    "b=$(printf '\\377\\376\\001'); l=$(printf 'new\\nline'); "
	    "w=$(printf '%083d' 0 | sed \"s/0/$c/g\"); "
	    "for n in $c $d \"$b\" \"$l\" $w ' ' \\\\; do echo x >\"$n\"; "
	    "ln \"$n\" \"hard$n\"; ln -s \"hard$n\" \"soft$n\"; "
	    "mkdir \"dir$n\"; echo y >\"dir$n/$n\"; done; "
	    "mkdir -p d$w/$w; touch -d @5.25 d$w/$w/f; "
	    "setfattr -n user.k -v v d$w/$w/f; setfacl -m u:5:r $d; "
	    "ln -s d$w/$w/d$w/$w/$w far");
	write_tar();
	others_bring_it_back();
}

/*
 * GNU tar cannot have an attribute whose name holds odd bytes, and says so:
 * better than one of another name.
 */
static void
attributes_that_gnu_tar_lacks_are_what_bsdtar_reads(void **state)
{
	(void)state;
	tree_kit_sh(&kit, "cd $src; echo x >f; "
	    "setfattr -n 'user.a b=c%d' -v v f");
	write_tar();
	tree_kit_sh(&kit, "bsdtar xpf $dst/../t.tar -C $dst");
	tree_kit_same(&kit);
	tree_kit_sh(&kit, "tar tf $dst/../t.tar 2>&1 | grep "
	    "'LIBARCHIVE.xattr.user.a'");
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_ordinary_tar_is_what_others_read),
		TEST(names_in_no_locale_are_what_others_read),
		TEST(attributes_that_gnu_tar_lacks_are_what_bsdtar_reads),
	};

	if (geteuid() != 0) {
		(void)printf("1..0 # SKIP only root can make such trees\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
