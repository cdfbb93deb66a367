/*
 * muster-db: take a snapshot of the database only.
 */
#include "report/take_main.h"

int
main(int argc, char *argv[])
{
	const struct job job = { .only_one = true, .only = PART_DB };

	return take_main("muster-db",
	    "take a snapshot of the database only", &job,
	    argc, argv);
}
