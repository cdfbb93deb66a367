/*
 * How much memory there is: the least of all that limits it, and what does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/memory.h"

#define MIB (UINT64_C(1) << 20)

static char dir[64];

static void
put(const char *path, const char *text)
{
	char full[512], *slash;
	struct err e;

	(void)snprintf(full, sizeof(full), "%s/%s", dir, path);
	slash = strrchr(full, '/');
	*slash = '\0';
	assert_int_equal(file_mkdirs(full, 0700, &e), 0);
	*slash = '/';
	assert_int_equal(file_replace_path(full, 0600, text, strlen(text),
	    &e), 0);
}

static void
expect(uint64_t bytes, const char *where)
{
	struct memory_left m;
	char proc[128], groups[128];

	(void)snprintf(proc, sizeof(proc), "%s/proc", dir);
	(void)snprintf(groups, sizeof(groups), "%s/cgroup", dir);
	memory_left_in(&m, proc, groups);
	assert_int_equal(m.bytes, bytes);
	assert_string_equal(m.where, where);
}

static int
make(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/muster-test-XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
drop(void **state)
{
	struct err e;

	(void)state;
	return file_remove_tree(dir, &e);
}

static void
what_cannot_be_told_limits_nothing(void **state)
{
	(void)state;
	expect(UINT64_MAX, "");
	put("proc/meminfo", "Nonsense: 1\n");
	put("proc/self/cgroup", "nonsense\n0::/gone\n7:memory:/gone\n");
	expect(UINT64_MAX, "");
}

static void
the_host_is_the_limit(void **state)
{
	(void)state;
	put("proc/meminfo", "MemTotal:  9999999 kB\n"
	    "MemAvailable:  1024000 kB\n");
	expect(1000 * MIB, "this host");
}

static void
groups_of_version_2_count_up_to_the_root(void **state)
{
	(void)state;
	put("proc/meminfo", "MemAvailable:  1024000 kB\n");
	put("proc/self/cgroup", "0::/a/b\n");
	put("cgroup/a/b/memory.max", "max\n");
	put("cgroup/a/b/memory.current", "5\n");
	put("cgroup/a/memory.max", "524288000\n");
	put("cgroup/a/memory.current", "209715200\n");
	put("cgroup/a/memory.stat", "anon 1\ninactive_file 104857600\n");
	expect(400 * MIB, "control group /a");
	put("cgroup/memory.max", "104857600\n");
	put("cgroup/memory.current", "209715200\n");
	expect(0, "control group /");
}

static void
groups_of_version_1_too(void **state)
{
	(void)state;
	put("proc/meminfo", "MemAvailable:  1024000 kB\n");
	put("proc/self/cgroup", "3:cpu:/x\n4:memory:/a/b\n0::/\n");
	put("cgroup/memory/a/b/memory.limit_in_bytes",
	    "9223372036854771712\n");
	put("cgroup/memory/a/b/memory.usage_in_bytes", "1\n");
	expect(1000 * MIB, "this host");
	put("cgroup/memory/a/memory.limit_in_bytes", "314572800\n");
	put("cgroup/memory/a/memory.usage_in_bytes", "104857600\n");
	put("cgroup/memory/a/memory.stat",
	    "inactive_file 1\ntotal_inactive_file 209715200\n");
	expect(300 * MIB, "control group /a");
}

static void
the_limit_of_our_address_space_counts(void **state)
{
	struct rlimit old, r;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	r = old;
	r.rlim_cur = (rlim_t)1 << 45;	/* sanitizers need much */
	assert_int_equal(setrlimit(RLIMIT_AS, &r), 0);
	expect(UINT64_C(1) << 45, "the limit of our address space");
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
}

static void
there_is_some_here(void **state)
{
	struct memory_left m;

	(void)state;
	memory_left(&m);
	assert_true(m.bytes > MIB);
}

#define IN_A_FOLDER(f) cmocka_unit_test_setup_teardown(f, make, drop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_FOLDER(what_cannot_be_told_limits_nothing),
		IN_A_FOLDER(the_host_is_the_limit),
		IN_A_FOLDER(groups_of_version_2_count_up_to_the_root),
		IN_A_FOLDER(groups_of_version_1_too),
		IN_A_FOLDER(the_limit_of_our_address_space_counts),
		cmocka_unit_test(there_is_some_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
