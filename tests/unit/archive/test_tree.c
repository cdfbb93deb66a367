/* Trees taken and restored: the copy is the tree, and its archive is equal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/noise.h"
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

static void
restore(const struct tree_restore_options *o)
{
	struct err e;

	if (tree_kit_restore(&kit, o, &e) == -1)
		fail_msg("%s", e.text);
}

/* Take, restore into dst, compare; then the copy's archive must be equal. */
static void
round_trip(void)
{
	struct tree_options o = tree_kit_options(&kit);
	struct archive_root first;
	char folder[300];

	tree_kit_take(&kit);
	assert_string_equal(kit.notes, "");
	first = kit.root;
	restore(NULL);
	assert_string_equal(kit.notes, "");
	tree_kit_same(&kit);
	(void)snprintf(folder, sizeof(folder), "%s", kit.dst);
	o.root = folder;
	tree_kit_take_as(&kit, &o);
	assert_memory_equal(&first.fingerprint, &kit.root.fingerprint,
	    sizeof(first.fingerprint));
}

static void
an_ordinary_tree_comes_back(void **state)
{
	(void)state;
	tree_kit_file(&kit, "a", "A", 1);
	tree_kit_file(&kit, "empty", "", 0);
	tree_kit_file(&kit, "b/c/d/e", "deep", 4);
	tree_kit_file(&kit, "b.c", "between", 7);
	tree_kit_file(&kit, "b-c", "between", 7);
	tree_kit_sh(&kit, "mkdir $src/hollow && chmod 555 $src/hollow;"
	    " ln -s b/c $src/link; ln -s /nowhere $src/dangling;"
	    " ln -s .. $src/up; chmod 600 $src/a; chmod 0 $src/empty;"
	    " touch -h -d '1999-12-31 23:59:59.123456789' $src/link;"
	    " touch -d '1960-01-02 03:04:05.6' $src/a;"
	    " touch -d '2001-01-01' $src/b/c $src/hollow");
	round_trip();
	assert_int_equal(kit.stats.files, 6 - 1 + 0);
	assert_int_equal(kit.stats.others, 3);
}

static void
odd_names_come_back(void **state)
{
	(void)state;
	tree_kit_sh(&kit, "cd $src; for n in 'new\nline' 'sp ace' '-rf' '*' "
	    "\"$(printf '\\377\\376')\" \"$(printf 'e\\314\\201')\" "
	    "\"$(printf '\\303\\251')\" \"$(printf '\\001\\177')\" '\\' '~'; "
	    "do echo \"$n\" >\"./$n\"; mkdir \"./d$n\"; "
	    "ln -s \"$n\" \"./l$n\"; done; "
	    "n=$(printf '%0255d' 7); echo >$n; mkdir d${n#?} && "
	    "echo >d${n#?}/$n; ln -s $n$n$n$n l");
	round_trip();
}

/* 40 folders of 200 bytes: its path is longer than any call takes. */
static void
paths_longer_than_the_system_takes_come_back(void **state)
{
	(void)state;
	tree_kit_sh(&kit, "cd $src && python3 -c '\n"
	    "import os\n"
	    "for i in range(40):\n"
	    "    os.mkdir(\"n\" * 200); os.chdir(\"n\" * 200)\n"
	    "    open(\"file\", \"w\").write(str(i))\n"
	    "os.link(\"file\", \"link\"); os.symlink(\"x\", \"sym\")\n"
	    "os.chmod(\"file\", 0o4755); os.utime(\"file\", (1, 86400))'");
	tree_kit_take(&kit);
	assert_string_equal(kit.notes, "");
	restore(NULL);
	assert_string_equal(kit.notes, "");
	assert_int_equal(kit.stats.files, 41);
	tree_kit_sh(&kit, "cd $dst/src && python3 -c '\n"
	    "import os\n"
	    "for i in range(40):\n"
	    "    os.chdir(\"n\" * 200)\n"
	    "    assert open(\"file\").read() == str(i)\n"
	    "s = os.stat(\"file\")\n"
	    "assert s.st_mode == 0o104755 and s.st_mtime == 86400\n"
	    "assert s.st_ino == os.stat(\"link\").st_ino'");
}

static void
a_walk_deeper_than_open_folders_comes_back_up(void **state)
{
	(void)state;
	tree_kit_sh(&kit, "cd $src; i=0; while [ $i -lt 300 ]; do "
	    "mkdir d && echo $i >a && echo $i >z && cd d || exit 1; "
	    "i=$((i + 1)); done");
	round_trip();
	assert_int_equal(kit.stats.files, 600);
	assert_int_equal(kit.stats.folders, 301);
}

static void
modes_owners_and_special_files_come_back(void **state)
{
	(void)state;
	tree_kit_sh(&kit, "cd $src; echo >suid; chown 1234:5678 suid; "
	    "chmod 6755 suid; mkdir sticky; chmod 1777 sticky; "
	    "mkdir sgid; chown 0:5678 sgid; chmod 2770 sgid; "
	    "mkfifo -m 640 fifo; mknod -m 660 block b 259 1048575; "
	    "mknod -m 666 null c 1 3; chown 7:8 fifo null; "
	    "ln -s x l; chown -h 9:10 l; "
	    "echo >high; chown 4294967294:3000000 high");
	round_trip();
	assert_int_equal(kit.stats.others, 4);
}

static void
attributes_and_lists_come_back(void **state)
{
	(void)state;
	tree_kit_sh(&kit, "cd $src; echo >f; mkdir d; echo >d/g; mkfifo p; "
	    "for i in $(seq 50); do "
	    "setfattr -n user.number-$i -v $i f || exit 1; done; "
	    "setfattr -n user.binary -v 0x000aff3d25 f; "
	    "setfattr -n user.empty f; setfattr -n 'user.a=b%20' -v x f; "
	    "setfattr -n user.on-folder -v y d; "
	    "setfattr -n trusted.secret -v t f; "
	    "setcap cap_net_bind_service+ep f; "
	    "setfacl -m u:1000:rwx,g:5:r f; setfacl -m u:7:- p; "
	    "setfacl -m u:1000:r-x,d:u:1000:rwx,d:g:9:r-x d; "
	    "echo >d/inherits; mkdir d/sub; chmod 600 f");
	round_trip();
}

static void
hard_links_come_back_as_links(void **state)
{
	(void)state;
	tree_kit_file(&kit, "m/file", "linked", 6);
	tree_kit_sh(&kit, "cd $src; mkdir a z; ln m/file a/first; "
	    "ln m/file z/last; chmod 4711 m/file; "
	    "setfattr -n user.x -v 1 m/file; i=0; "
	    "while [ $i -lt 500 ]; do echo $i >z/$i && ln z/$i a/$i || "
	    "exit 1; i=$((i + 1)); done");
	round_trip();
	assert_int_equal(kit.stats.files, 1003);
	tree_kit_sh(&kit, "[ $dst/src/m/file -ef $dst/src/a/first ] && "
	    "[ $dst/src/m/file -ef $dst/src/z/last ]");
}

static void
a_link_whose_file_is_outside_of_the_tree_is_a_file(void **state)
{
	(void)state;
	tree_kit_file(&kit, "in", "content", 7);
	tree_kit_sh(&kit, "ln $src/in $dst/../outside");
	tree_kit_take(&kit);
	restore(NULL);
	tree_kit_sh(&kit, "cmp $src/in $dst/src/in");
}

/* Sizes around every boundary, zeros in every place. */
static void
content_of_every_size_comes_back(void **state)
{
	static const size_t sizes[] = {
		1, 511, 512, 513, 4095, 4096, 4097, 32767, 32768, 32769,
		1048575, 1048576, 1048577, 1048578, 3000000, 9000000,
	};
	uint8_t *data = malloc(9000000);
	char name[40];
	size_t i, n;

	(void)state;
	assert_non_null(data);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		n = sizes[i];
		noise_fill(data, n, i);
		(void)snprintf(name, sizeof(name), "noise-%zu", n);
		tree_kit_file(&kit, name, data, n);
		memset(data, 0, n / 2);
		(void)snprintf(name, sizeof(name), "zeros-first-%zu", n);
		tree_kit_file(&kit, name, data, n);
		noise_fill(data, n, i);
		memset(data + n / 3, 0, n - n / 3);
		(void)snprintf(name, sizeof(name), "zeros-last-%zu", n);
		tree_kit_file(&kit, name, data, n);
		noise_fill(data, n, i);
		memset(data + n / 3, 0, n / 3);
		(void)snprintf(name, sizeof(name), "zeros-within-%zu", n);
		tree_kit_file(&kit, name, data, n);
	}
	free(data);
	round_trip();
}

static void
holes_come_back_as_holes(void **state)
{
	struct stat st;
	char path[300];

	(void)state;
	tree_kit_sh(&kit, "cd $src; truncate -s 200M all; "
	    "truncate -s 100M some; echo begin | dd of=some conv=notrunc "
	    "status=none; echo middle | dd of=some bs=1 seek=50000001 "
	    "conv=notrunc status=none; truncate -s 100k small");
	round_trip();
	(void)snprintf(path, sizeof(path), "%s/src/all", kit.dst);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 200 << 20);
	assert_true(st.st_blocks < 1000);
	(void)snprintf(path, sizeof(path), "%s/src/some", kit.dst);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_blocks < 1000);
}

static void
the_same_tree_gives_the_same_archive(void **state)
{
	struct tree_options o = tree_kit_options(&kit);
	static const char *const twice[] = { "/src/a", "//src/./", "/src",
	    "/src/b/c", NULL };
	struct archive_root first;
	int i;

	(void)state;
	tree_kit_sh(&kit, "cd $src; mkdir a b; for i in $(seq 300); do "
	    "echo $i >a/$i; echo $i >b/x$i; done; "
	    "head -c 3000000 /dev/urandom >b/c");
	tree_kit_take(&kit);
	first = kit.root;
	for (i = 0; i < 5; i++) {
		tree_kit_take(&kit);
		assert_memory_equal(&first, &kit.root, sizeof(first));
	}
	o.paths = twice;		/* overlapping paths are merged */
	tree_kit_take_as(&kit, &o);
	assert_memory_equal(&first, &kit.root, sizeof(first));
	tree_kit_sh(&kit, "touch -d 2000-01-01 $src/b/x7");
	tree_kit_take(&kit);
	assert_memory_not_equal(&first.fingerprint, &kit.root.fingerprint,
	    sizeof(first.fingerprint));
}

static void
folders_that_lead_to_a_path_are_taken_too(void **state)
{
	static const char *const paths[] = { "/src/a/b/f", "/src/x/y", NULL };
	struct tree_options o = tree_kit_options(&kit);

	(void)state;
	tree_kit_file(&kit, "a/b/f", "F", 1);
	tree_kit_file(&kit, "a/b/other", "not taken", 9);
	tree_kit_file(&kit, "x/y/z/g", "G", 1);
	tree_kit_sh(&kit, "chmod 700 $src/a; chmod 2750 $src/a/b; "
	    "chown 5:6 $src/x; touch -d 2010-10-10 $src/a/b $src/x");
	o.paths = paths;
	tree_kit_take_as(&kit, &o);
	assert_int_equal(kit.root.entries, 1 + 3 + 4);
	restore(NULL);
	tree_kit_sh(&kit, "[ ! -e $dst/src/a/b/other ] && "
	    "rm $src/a/b/other && touch -d 2010-10-10 $src/a/b");
	tree_kit_same(&kit);
}

static void
excluded_names_and_paths_are_left_out(void **state)
{
	static const char *const exclude[] = { "*.tmp", "/src/cache",
	    "/src/*/deep", NULL };
	struct tree_options o = tree_kit_options(&kit);

	(void)state;
	tree_kit_file(&kit, "keep", "", 0);
	tree_kit_file(&kit, "a/no.tmp", "", 0);
	tree_kit_file(&kit, "a/deep/gone", "", 0);
	tree_kit_file(&kit, "a/b/deep/kept", "", 0);
	tree_kit_file(&kit, "a/cache", "", 0);
	tree_kit_file(&kit, "cache/x", "", 0);
	o.exclude = exclude;
	tree_kit_take_as(&kit, &o);
	restore(NULL);
	tree_kit_sh(&kit, "cd $src; rm -r a/no.tmp a/deep cache; "
	    "cd $dst/src; [ \"$(find . -type f | sort | tr '\\n' ' ')\" = "
	    "'./a/b/deep/kept ./a/cache ./keep ' ]");
}

static void
only_the_paths_asked_for_are_restored(void **state)
{
	static const char *const paths[] = { "/src/b/c", "src/z", NULL };
	struct tree_restore_options o = tree_kit_restore_options(&kit);

	(void)state;
	tree_kit_sh(&kit, "cd $src; mkdir -p a b/c/d z0; echo 1 >b/c/d/e; "
	    "echo 2 >b/other; echo 3 >z; echo 4 >z0/x; echo 5 >b/c0; "
	    "chmod 750 b; touch -d 2005-05-05 b");
	tree_kit_take(&kit);
	o.paths = paths;
	restore(&o);
	tree_kit_sh(&kit, "cd $dst; [ \"$(find . -type f | sort | "
	    "tr '\\n' ' ')\" = './src/b/c/d/e ./src/z ' ] && "
	    "[ $(stat -c %a src/b) = 750 ] && "
	    "[ $(stat -c %Y src/b) = $(date -d 2005-05-05 +%s) ]");
}

static void
a_wanted_hard_link_comes_with_its_content(void **state)
{
	static const char *const paths[] = { "/src/z", NULL };
	struct tree_restore_options o = tree_kit_restore_options(&kit);

	(void)state;
	tree_kit_sh(&kit, "cd $src; mkdir a z; for i in $(seq 60); do "
	    "echo $i >a/$i; ln a/$i z/$i; ln a/$i z/too-$i; done; "
	    "chmod 640 a/7; ln z/8 a/late");
	tree_kit_take(&kit);
	o.paths = paths;
	restore(&o);
	tree_kit_sh(&kit, "cd $dst/src; [ ! -e a ] && "
	    "diff -r $src/z z && [ z/7 -ef z/too-7 ] && "
	    "[ $(stat -c %a-%h z/7) = 640-2 ]");
}

static void
a_path_that_is_not_in_the_archive_is_said_so(void **state)
{
	static const char *const paths[] = { "/src/f", "/src/f/g", NULL };
	struct tree_restore_options o = tree_kit_restore_options(&kit);
	struct err e;

	(void)state;
	tree_kit_file(&kit, "f", "F", 1);
	tree_kit_take(&kit);
	o.paths = paths;
	assert_int_equal(tree_kit_restore(&kit, &o, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	assert_non_null(strstr(e.text, "src/f/g is not in the archive"));
	tree_kit_sh(&kit, "cmp $src/f $dst/src/f");
}

static void
what_is_in_the_target_is_never_replaced(void **state)
{
	struct tree_restore_options o = tree_kit_restore_options(&kit);
	struct err e;

	(void)state;
	tree_kit_file(&kit, "d/f", "new", 3);
	tree_kit_take(&kit);
	tree_kit_sh(&kit, "mkdir -p $dst/src/d; echo mine >$dst/src/d/f");
	assert_int_equal(tree_kit_restore(&kit, NULL, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	o.into_nonempty = true;
	assert_int_equal(tree_kit_restore(&kit, &o, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	tree_kit_sh(&kit, "[ $(cat $dst/src/d/f) = mine ] && "
	    "[ $(ls -A $dst/src/d) = f ]");
	tree_kit_sh(&kit, "rm $dst/src/d/f; echo >$dst/src/d/other");
	restore(&o);			/* beside what is there */
	tree_kit_sh(&kit, "cmp $src/d/f $dst/src/d/f && "
	    "[ -e $dst/src/d/other ]");
	tree_kit_sh(&kit, "rm -r $dst/src/d; ln -s /tmp $dst/src/d");
	assert_int_equal(tree_kit_restore(&kit, &o, &e), -1);
	assert_int_equal(e.kind, ERR_EXISTS);
	tree_kit_sh(&kit, "[ -L $dst/src/d ] && [ ! -e /tmp/f ]");
}

static void
lists_of_the_target_are_not_inherited(void **state)
{
	struct tree_restore_options o = tree_kit_restore_options(&kit);

	(void)state;
	tree_kit_file(&kit, "d/f", "x", 1);
	tree_kit_sh(&kit, "chmod 640 $src/d/f; "
	    "setfacl -m d:u:1000:rwx,d:m:rwx $dst");
	tree_kit_take(&kit);
	restore(&o);
	tree_kit_same(&kit);
}

static void
what_a_given_path_leads_through_must_be_folders(void **state)
{
	static const char *const through[] = { "/src/link/f", NULL };
	static const char *const file[] = { "/src/d/f/g", NULL };
	static const char *const absent[] = { "/src/d/none", NULL };
	static const char *const up[] = { "/src/../etc", NULL };
	struct tree_options o = tree_kit_options(&kit);
	struct err e;

	(void)state;
	tree_kit_file(&kit, "d/f", "x", 1);
	tree_kit_sh(&kit, "ln -s d $src/link");
	o.paths = through;
	assert_int_equal(tree_take(kit.live.chunks, &o, &kit.root,
	    &kit.stats, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "/src/link is a symlink"));
	o.paths = file;
	assert_int_equal(tree_take(kit.live.chunks, &o, &kit.root,
	    &kit.stats, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	o.paths = absent;
	assert_int_equal(tree_take(kit.live.chunks, &o, &kit.root,
	    &kit.stats, &e), -1);
	assert_int_equal(e.kind, ERR_ABSENT);
	o.paths = up;
	assert_int_equal(tree_take(kit.live.chunks, &o, &kit.root,
	    &kit.stats, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
}

static void
names_of_owners_are_recorded_when_asked_for(void **state)
{
	struct tree_options o = tree_kit_options(&kit);
	struct archive_root without;

	(void)state;
	tree_kit_file(&kit, "f", "x", 1);
	tree_kit_take(&kit);
	without = kit.root;
	o.owner_names = true;
	tree_kit_take_as(&kit, &o);
	assert_memory_not_equal(&without.fingerprint, &kit.root.fingerprint,
	    sizeof(without.fingerprint));
	restore(NULL);
	tree_kit_same(&kit);
}

static void
another_file_system_is_named_and_not_entered(void **state)
{
	struct tree_options o = tree_kit_options(&kit);

	(void)state;
	tree_kit_sh(&kit, "mkdir $src/m $src/z; echo >$src/z/f; "
	    "mount -t tmpfs none $src/m && echo >$src/m/inside");
	o.one_file_system = true;
	tree_kit_take_as(&kit, &o);
	tree_kit_sh(&kit, "umount $src/m");
	assert_non_null(strstr(kit.notes, "otherfs src/m:"));
	assert_int_equal(kit.stats.unreadable + kit.stats.vanished, 0);
	restore(NULL);
	tree_kit_sh(&kit, "[ -d $dst/src/m ] && [ ! -e $dst/src/m/inside ] "
	    "&& [ -e $dst/src/z/f ]");
}

static void
a_socket_is_named_and_left_out(void **state)
{
	(void)state;
	tree_kit_file(&kit, "f", "x", 1);
	tree_kit_sh(&kit, "python3 -c 'import socket,sys; "
	    "socket.socket(socket.AF_UNIX).bind(sys.argv[1])' $src/sock");
	tree_kit_take(&kit);
	assert_non_null(strstr(kit.notes, "special src/sock:"));
	assert_int_equal(kit.stats.special, 1);
	assert_int_equal(kit.root.entries, 2);
}

static void
the_systems_own_folders_come_back(void **state)
{
	static const char *const paths[] = { "/etc", "/usr/share/perl",
	    "/usr/share/doc/bash", NULL };
	struct tree_options o = tree_kit_options(&kit);
	struct archive_root first;

	(void)state;
	o.root = "/";
	o.paths = paths;
	tree_kit_take_as(&kit, &o);
	first = kit.root;
	restore(NULL);
	assert_string_equal(kit.notes, "");
	tree_kit_sh(&kit, "for p in /etc /usr/share/perl /usr/share/doc/bash;"
	    " do d=$(rsync -naHAXc --delete $p/ $dst$p/ 2>&1); "
	    "[ -z \"$d\" ] || { echo \"$d\"; exit 1; }; done");
	o.root = kit.dst;
	tree_kit_take_as(&kit, &o);
	assert_memory_equal(&first.fingerprint, &kit.root.fingerprint,
	    sizeof(first.fingerprint));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_ordinary_tree_comes_back),
		TEST(odd_names_come_back),
		TEST(paths_longer_than_the_system_takes_come_back),
		TEST(a_walk_deeper_than_open_folders_comes_back_up),
		TEST(modes_owners_and_special_files_come_back),
		TEST(attributes_and_lists_come_back),
		TEST(hard_links_come_back_as_links),
		TEST(a_link_whose_file_is_outside_of_the_tree_is_a_file),
		TEST(content_of_every_size_comes_back),
		TEST(holes_come_back_as_holes),
		TEST(the_same_tree_gives_the_same_archive),
		TEST(folders_that_lead_to_a_path_are_taken_too),
		TEST(excluded_names_and_paths_are_left_out),
		TEST(only_the_paths_asked_for_are_restored),
		TEST(a_wanted_hard_link_comes_with_its_content),
		TEST(a_path_that_is_not_in_the_archive_is_said_so),
		TEST(what_is_in_the_target_is_never_replaced),
		TEST(lists_of_the_target_are_not_inherited),
		TEST(what_a_given_path_leads_through_must_be_folders),
		TEST(names_of_owners_are_recorded_when_asked_for),
		TEST(another_file_system_is_named_and_not_entered),
		TEST(a_socket_is_named_and_left_out),
		TEST(the_systems_own_folders_come_back),
	};

	if (geteuid() != 0) {
		(void)printf("1..0 # SKIP only root can make such trees\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
