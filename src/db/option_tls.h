#ifndef DB_OPTION_TLS_H
#define DB_OPTION_TLS_H

/* What a line of an option file says of TLS. */
enum tls_line {
	TLS_LINE_NONE,		/* nothing that could be lost */
	TLS_LINE_KNOWN,		/* what the connector does as it is told */
	TLS_LINE_ON,		/* "ssl", which it passes over */
	TLS_LINE_OFF,		/* "ssl=0", the same */
	TLS_LINE_NUMBER,	/* it wants 0 or 1 there, and takes else for */
				/* 0 or passes over it */
	TLS_LINE_UNKNOWN	/* something else that it passes over */
};

#define TLS_KEY_MAX 64

/*
 * The line, without blanks before it; key becomes its option, with - for _,
 * cut at TLS_KEY_MAX - 1.
 */
enum tls_line	tls_line(const char *line, char key[TLS_KEY_MAX]);

#endif
