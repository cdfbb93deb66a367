/*
 * Well-formedness of YAML that is not a policy: see yaml_check.h.
 */
#include <stdbool.h>
#include <yaml.h>

#include "base/err.h"
#include "policy/yaml_check.h"

int
yaml_check(const void *p, size_t n, struct err *e)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;
	int rc = 0;

	if (yaml_parser_initialize(&parser) == 0)
		return err_memory(e);
	yaml_parser_set_input_string(&parser, p, n);
	while (more && rc == 0) {
		if (yaml_parser_parse(&parser, &event) == 0) {
			rc = err_set(e, ERR_INPUT, "line %zu: %s",
			    parser.problem_mark.line + 1, parser.problem !=
			    NULL ? parser.problem : "not YAML");
			break;
		}
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return rc;
}
