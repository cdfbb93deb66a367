/*
 * muster-files: take a snapshot of the file trees only.
 */
#include "report/take_main.h"

int
main(int argc, char *argv[])
{
	const struct job job = { .only_one = true, .only = PART_FILES };

	return take_main("muster-files",
	    "take a snapshot of the file trees only", &job,
	    argc, argv);
}
