#ifndef TESTS_POLICY_PARTS_H
#define TESTS_POLICY_PARTS_H

/* The smallest policy, its parts one by one, so that a test replaces one. */
#define SITE	   "site: s\n"					/* 1 */
#define COMPONENTS "components:\n  files:\n    paths: [/a]\n"	/* 2-4 */
#define STORES	   "stores:\n  one: {url: /srv/one}\n"		/* 5-6 */
#define KEYS	   "keys: {writer: w.key}\n"			/* 7 */
#define OBJECTIVES "objectives: {rto: 30m, rpo: 15m}\n"		/* 8 */
#define SMALLEST   SITE COMPONENTS STORES KEYS OBJECTIVES
#define DB	   "components:\n  db: {databases: [d]}\n"	/* 2-3 */
#define WITH_DB	   SITE DB STORES KEYS OBJECTIVES		/* 1-7 */

#endif
