/*
 * usage: make_trees usr|attachments|sql|empty FOLDER SCALE [changed|undone]
 *
 * Make the trees that scripts/bench measures with; the same arguments make
 * the same bytes on every machine.  SCALE is in percent of full size, of
 * `empty` the number of files.  With `changed` the tree, made before, is
 * changed as a day would: 1 % of the files of usr and attachments are
 * written anew, and of sql one row in about 5,000, in all places; `undone`
 * gives what was changed its first content again.
 *
 *	usr		150,000 small files of 3.4 GB, text and tables
 *	attachments	3,700 files of 2.5 GB that do not compress
 *	sql		one dump of 2 GB
 *	empty		files without content
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 8192u
#define PHRASES 4096u
#define SHAPES 1024u
#define BUFFER ((size_t)1 << 20)
#define PATH_SIZE 512

static const char *folder;
static unsigned long scale;
static bool again, changed;
static uint64_t state;
static char words[WORDS][12];
static char phrases[PHRASES][64];
static uint8_t shapes[SHAPES][8];
static uint8_t *buffer;

static uint64_t
next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1d;
}

static void
seed(uint64_t a, uint64_t b)
{
	state = (a + 1) * 0x9e3779b97f4a7c15 ^ (b + 1) * 0xbf58476d1ce4e5b9;
	for (int i = 0; i < 4; i++)
		(void)next();
}

static uint64_t
below(uint64_t n)
{
	return (next() >> 11) % n;
}

static void
die(const char *what)
{
	fprintf(stderr, "make_trees: %s: %s\n", what, strerror(errno));
	exit(2);
}

static FILE *
create(const char *path)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		die(path);
	return f;
}

static void
finish(FILE *f, const char *path)
{
	if (ferror(f) || fclose(f) != 0)
		die(path);
}

static void
make_folder(const char *path)
{
	if (mkdir(path, 0755) == -1 && errno != EEXIST)
		die(path);
}

static void
make_tables(void)
{
	size_t i, j, n;

	seed(1, 1);
	for (i = 0; i < WORDS; i++) {
		n = 2 + below(8);
		for (j = 0; j < n; j++)
			words[i][j] = "etaoinshrdlucmfw_.=("[below(20)];
	}
	for (i = 0; i < PHRASES; i++)
		(void)snprintf(phrases[i], sizeof(phrases[i]), "%s %s %s %s",
		    words[below(WORDS)], words[below(WORDS)],
		    words[below(WORDS)], words[below(WORDS)]);
	for (i = 0; i < SHAPES; i++)
		for (j = 0; j < 8; j++)
			shapes[i][j] = (uint8_t)next();
}

/* Words and phrases, the first ones more often. */
static void
fill_text(uint8_t *p, size_t n)
{
	size_t i = 0, len;
	const char *w;

	while (i < n) {
		w = below(3) == 0 ? words[below(1 + below(WORDS))] :
		    phrases[below(1 + below(PHRASES))];
		len = strlen(w);
		if (len > n - i)
			len = n - i;
		memcpy(p + i, w, len);
		i += len;
		if (i < n)
			p[i++] = below(9) == 0 ? '\n' : ' ';
	}
}

/* Like the code of a machine: shapes that return, with numbers in them. */
static void
fill_binary(uint8_t *p, size_t n)
{
	size_t i, len;

	for (i = 0; i < n; i += len) {
		len = n - i < 8 ? n - i : 8;
		memcpy(p + i, shapes[below(1 + below(SHAPES))], len);
		if (len == 8 && below(3) == 0)
			p[i + 5] = (uint8_t)next();
	}
}

static void
fill_noise(uint8_t *p, size_t n)
{
	uint64_t v;
	size_t i, len;

	for (i = 0; i < n; i += len) {
		v = next();
		len = n - i < 8 ? n - i : 8;
		memcpy(p + i, &v, len);
	}
}

static void
write_file(const char *path, size_t size, void (*fill)(uint8_t *, size_t))
{
	FILE *f = create(path);
	size_t n;

	for (; size > 0; size -= n) {
		n = size < BUFFER ? size : BUFFER;
		fill(buffer, n);
		if (fwrite(buffer, 1, n, f) != n)
			die(path);
	}
	finish(f, path);
}

static size_t
usr_size(void)
{
	uint64_t class = below(10000);

	if (class < 5500)
		return 200 + below(3800);
	if (class < 8500)
		return 4000 + below(18000);
	if (class < 9700)
		return 22000 + below(40000);
	if (class < 9975)
		return 60000 + below(340000);
	return 400000 + below(5600000);
}

/* Is this file not to be written this time?  Else its numbers are seeded. */
static bool
skip_file(uint64_t tree, uint64_t i)
{
	seed(tree + 100, i);
	if (again && below(100) != 0)
		return true;
	seed(changed ? tree + 200 : tree, i);
	return false;
}

static void
make_usr(void)
{
	char path[PATH_SIZE];
	uint64_t i, n = 1500u * scale;

	for (i = 0; i < n; i++) {
		if (skip_file(2, i))
			continue;
		(void)snprintf(path, sizeof(path), "%s/d%02u", folder,
		    (unsigned)(i / 2400));
		make_folder(path);
		(void)snprintf(path, sizeof(path), "%s/d%02u/p%03u", folder,
		    (unsigned)(i / 2400), (unsigned)(i / 12 % 200));
		make_folder(path);
		(void)snprintf(path, sizeof(path),
		    "%s/d%02u/p%03u/file-%06u.%s", folder,
		    (unsigned)(i / 2400), (unsigned)(i / 12 % 200),
		    (unsigned)i, i % 5 < 3 ? "txt" : "so");
		write_file(path, usr_size(),
		    i % 5 < 3 ? fill_text : fill_binary);
	}
}

static void
make_attachments(void)
{
	char path[PATH_SIZE];
	uint64_t i, n = 37u * scale;

	for (i = 0; i < n; i++) {
		if (skip_file(3, i))
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
		    i % 3 == 0 ? "public" : "private");
		make_folder(path);
		(void)snprintf(path, sizeof(path), "%s/%s/photo-%05u.jpg",
		    folder, i % 3 == 0 ? "public" : "private", (unsigned)i);
		write_file(path, 20000 + below(1300000), fill_noise);
	}
}

static size_t
format_row(char *p, size_t size, uint64_t row, bool today)
{
	uint8_t text[80];
	uint64_t hash;

	seed(6, row);
	fill_text(text, sizeof(text));
	for (size_t i = 0; i < sizeof(text); i++)
		if (text[i] == '\n' || text[i] == '\'')
			text[i] = ' ';
	hash = next();
	return (size_t)snprintf(p, size, "%c(%llu,'%010llx','2024-%02u-%02u "
	    "%02u:%02u:%02u.%06u',%u,'%.80s',%u.%02u,%u,NULL,'Administrator')",
	    row % 100 == 0 ? '\n' : ',', (unsigned long long)row,
	    (unsigned long long)(hash & 0xffffffffff),
	    (unsigned)below(12) + 1, (unsigned)below(28) + 1,
	    (unsigned)below(24), (unsigned)below(60), (unsigned)below(60),
	    (unsigned)below(1000000), today ? 9u : (unsigned)below(3), text,
	    (unsigned)below(100000), (unsigned)below(100),
	    (unsigned)below(1000));
}

static void
make_sql(void)
{
	char path[PATH_SIZE], row[512];
	uint64_t i, n = 123000u * scale;
	size_t len;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/dump.sql", folder);
	f = create(path);
	for (i = 0; i < n; i++) {
		if (i % 100 == 0)
			fputs(";\nINSERT INTO `tabGL Entry` VALUES", f);
		len = format_row(row, sizeof(row), i, false);
		seed(7, i);
		if (changed && below(5000) == 0)
			len = format_row(row, sizeof(row), i, true);
		if (fwrite(row, 1, len, f) != len)
			die(path);
	}
	fputs(";\n", f);
	finish(f, path);
}

static void
make_empty(void)
{
	char path[PATH_SIZE];
	unsigned long i;

	for (i = 0; i < scale; i++) {
		(void)snprintf(path, sizeof(path), "%s/e%05lu", folder,
		    i / 100);
		if (i % 100 == 0)
			make_folder(path);
		(void)snprintf(path, sizeof(path), "%s/e%05lu/%lu", folder,
		    i / 100, i);
		finish(create(path), path);
	}
}

static int
usage(void)
{
	fprintf(stderr, "usage: make_trees usr|attachments|sql|empty FOLDER "
	    "SCALE [changed|undone]\n");
	return 64;
}

int
main(int argc, char *argv[])
{
	char *end;

	if (argc < 4 || argc > 5)
		return usage();
	folder = argv[2];
	scale = strtoul(argv[3], &end, 10);
	again = argc == 5;
	changed = again && strcmp(argv[4], "changed") == 0;
	if (scale == 0 || *end != '\0' ||
	    (again && !changed && strcmp(argv[4], "undone") != 0))
		return usage();
	if ((buffer = malloc(BUFFER)) == NULL)
		die("memory");
	make_tables();
	make_folder(folder);
	if (strcmp(argv[1], "usr") == 0)
		make_usr();
	else if (strcmp(argv[1], "attachments") == 0)
		make_attachments();
	else if (strcmp(argv[1], "sql") == 0)
		make_sql();
	else if (strcmp(argv[1], "empty") == 0)
		make_empty();
	else
		return usage();
	free(buffer);
	return 0;
}
