/*
 * muster-snapshot: take all components, bound in one signed snapshot.
 */
#include "report/take_main.h"

int
main(int argc, char *argv[])
{
	const struct job job = { .only_one = false };

	return take_main("muster-snapshot",
	    "take all components, bound in one signed snapshot", &job,
	    argc, argv);
}
