#ifndef REPORT_TAKE_MAIN_H
#define REPORT_TAKE_MAIN_H

#include "report/job.h"

/*
 * main() of the commands that take a snapshot by the policy's word alone:
 * they differ in their name, their purpose, and which component they take.
 */
int	take_main(const char *name, const char *purpose, const struct job *,
	    int argc, char *argv[]);

#endif
