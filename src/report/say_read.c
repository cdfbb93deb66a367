/*
 * The answers of verify and restore: see say.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "report/say.h"

char *
say_passed_over(const char *which, uint64_t damaged, char text[SAY_TEXT_MAX])
{
	text[0] = '\0';
	if (damaged == 0 || (which != NULL && strcmp(which, "latest") != 0))
		return text;
	(void)snprintf(text, SAY_TEXT_MAX, "note: %llu snapshot%s cannot be "
	    "believed and %s passed over (muster-verify says why); one may be "
	    "newer\n", (unsigned long long)damaged, damaged == 1 ? "" : "s",
	    damaged == 1 ? "was" : "were");
	return text;
}

int
say_verify(const struct verify_report *r, bool authentic, bool content,
    struct err *e)
{
	char bytes[NUM_TEXT_MAX];

	if (cmd_json())
		return cmd_answer("verify", json_pack("{s:I, s:I, s:I, s:I, "
		    "s:I, s:I, s:b}", "problems", (json_int_t)r->problems,
		    "packs", (json_int_t)r->packs, "bytes",
		    (json_int_t)r->bytes, "chunks", (json_int_t)r->chunks,
		    "statements", (json_int_t)r->statements, "snapshots",
		    (json_int_t)r->snapshots, "authentic", authentic), e);
	if (cmd_quiet() && r->problems == 0)
		return 0;
	printf("%s: %llu packs, %s; %llu statements, %llu snapshots",
	    r->problems == 0 ? "good" : "NOT GOOD",
	    (unsigned long long)r->packs, num_format_size(r->bytes, bytes),
	    (unsigned long long)r->statements,
	    (unsigned long long)r->snapshots);
	if (content)
		printf("; %llu chunks opened", (unsigned long long)r->chunks);
	if (r->problems > 0)
		printf("; %llu problems", (unsigned long long)r->problems);
	printf("\n");
	if (!authentic)
		printf("note: no key at hand: who founded this store was not "
		    "checked\n");
	return 0;
}

int
say_restore(const struct snapshot *s, const struct restore_stats *r,
    uint64_t notes, struct err *e)
{
	char bytes[NUM_TEXT_MAX];

	progress_end();
	if (cmd_json())
		return cmd_answer("restore", json_pack("{s:s, s:I, s:I, s:I, "
		    "s:I, s:I, s:I}", "snapshot", s->object, "files",
		    (json_int_t)r->files, "folders", (json_int_t)r->folders,
		    "tables", (json_int_t)r->tables, "rows",
		    (json_int_t)r->rows, "bytes", (json_int_t)r->bytes,
		    "notes", (json_int_t)notes), e);
	if (!cmd_quiet())
		printf("restored %s: %llu files, %llu folders, %llu tables, "
		    "%llu rows, %s\n", s->object,
		    (unsigned long long)r->files,
		    (unsigned long long)r->folders,
		    (unsigned long long)r->tables,
		    (unsigned long long)r->rows,
		    num_format_size(r->bytes, bytes));
	if (!cmd_quiet() && notes > 0)
		printf("%llu things could not be set as they were\n",
		    (unsigned long long)notes);
	return 0;
}
