/*
 * usage: fuzz_x FILE|FOLDER ...
 *
 * A main for fuzzers that are built without libFuzzer: every file is given to
 * the fuzzer once, in memory that ends where the file does.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define PATH_SIZE 4096

static int
replay(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size > 0 ? size : 1);
	int rc = -1;

	if (f != NULL && data != NULL && fread(data, 1, size, f) == size)
		rc = LLVMFuzzerTestOneInput(data, size);
	else
		perror(path);
	free(data);
	if (f != NULL)
		(void)fclose(f);
	return rc;
}

/* How many inputs there were, or -1. */
static int
visit(const char *path)
{
	char below[PATH_SIZE];
	struct dirent *d;
	struct stat st;
	DIR *dir;
	int n = 0, some;

	if (stat(path, &st) == -1) {
		perror(path);
		return -1;
	}
	if (S_ISREG(st.st_mode))
		return replay(path, (size_t)st.st_size) == 0 ? 1 : -1;
	if ((dir = opendir(path)) == NULL) {
		perror(path);
		return -1;
	}
	while (n >= 0 && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path,
		    d->d_name);
		some = visit(below);
		n = some == -1 ? -1 : n + some;
	}
	(void)closedir(dir);
	return n;
}

int
main(int argc, char *argv[])
{
	int i, some, n = 0;

	for (i = 1; i < argc; i++) {
		if ((some = visit(argv[i])) == -1)
			return 1;
		n += some;
	}
	printf("%d inputs\n", n);
	return n > 0 ? 0 : 1;
}
