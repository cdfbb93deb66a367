#ifndef GATE_EXPLAIN_H
#define GATE_EXPLAIN_H

/*
 * How to make a rule pass that did not, for the operator: one or two
 * sentences.  NULL only for a name that is none of the gate's.
 */
const char	*gate_explain(const char *rule);

#endif
