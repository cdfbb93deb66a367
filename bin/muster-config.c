/*
 * muster-config: take a snapshot of the configuration only.
 */
#include "report/take_main.h"

int
main(int argc, char *argv[])
{
	const struct job job = { .only_one = true, .only = PART_CONFIG };

	return take_main("muster-config",
	    "take a snapshot of the configuration only", &job,
	    argc, argv);
}
