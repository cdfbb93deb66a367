/*
 * TLS in option files: the words that the mariadb client, a mysql client or an
 * administrator understands, and those that Connector/C does.  It passes over
 * what it does not know, so the rest is told apart here.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "db/option_tls.h"

/* As mysql_options(3) and its source have them, from 3.1 to 3.4. */
static const char *const numbers[] = { "ssl-verify-server-cert",
	"ssl-enforce", "tls-verify-peer", "tls-enforce", NULL };
static const char *const texts[] = { "ssl-key", "ssl-cert", "ssl-ca",
	"ssl-capath", "ssl-crl", "ssl-crlpath", "ssl-cipher", "ssl-fp",
	"ssl-fp-list", "ssl-fplist", "ssl-passphrase", "tls-key", "tls-cert",
	"tls-ca", "tls-capath", "tls-crl", "tls-crlpath", "tls-cipher",
	"tls-fp", "tls-fplist", "tls-passphrase", "tls-version", NULL };
static const char *const offs[] = { "0", "off", "false", "disabled",
	"preferred", NULL };

static bool
is_one_of(const char *const *words, const char *key)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, key) == 0)
			return true;
	return false;
}

static bool
is_off(const char *value, size_t n)
{
	size_t i;

	for (i = 0; value != NULL && offs[i] != NULL; i++)
		if (strlen(offs[i]) == n && strncasecmp(offs[i], value, n) == 0)
			return true;
	return false;
}

/* Behind the word, which may have _ for - and any case; or NULL. */
static const char *
behind(const char *key, const char *word)
{
	const size_t n = strlen(word);

	return strncasecmp(key, word, n) == 0 ? key + n : NULL;
}

/* The name behind the prefixes of options.  off: it is switched off. */
static const char *
behind_prefixes(const char *key, bool *off)
{
	static const char *const before[] = { "loose-", "enable-", "skip-",
	    "disable-" };
	const char *rest;
	size_t i = 0;

	while (i < sizeof(before) / sizeof(before[0])) {
		rest = behind(key, before[i]);
		*off = *off || (rest != NULL && i >= 2);
		i = rest == NULL ? i + 1 : 0;
		key = rest == NULL ? key : rest;
	}
	return key;
}

/* The value behind the option's name, if there is one, without quotes. */
static const char *
value_of(const char *p, size_t *n)
{
	p += strspn(p, " \t");
	if (*p != '=') {
		*n = 0;
		return NULL;
	}
	p++;
	p += strspn(p, " \t");
	*n = strcspn(p, " \t\r\n");
	if (*n >= 2 && (*p == '\'' || *p == '"') && p[*n - 1] == *p) {
		p++;
		*n -= 2;
	}
	return p;
}

/* The option's name, with - for _; how long it is in the line. */
static size_t
take_key(const char *line, char key[TLS_KEY_MAX])
{
	const size_t len = strcspn(line, "= \t\r\n#");
	size_t i;

	for (i = 0; i < len && i < TLS_KEY_MAX - 1; i++)
		key[i] = line[i] == '_' ? '-' : line[i];
	key[i] = '\0';
	return len;
}

/* An option of TLS that is not "ssl" itself, with its value or NULL. */
static enum tls_line
judge(const char *key, const char *value, size_t n)
{
	if (is_one_of(numbers, key))
		return n == 1 && (*value == '0' || *value == '1') ?
		    TLS_LINE_KNOWN : TLS_LINE_NUMBER;
	if (is_one_of(texts, key) && value != NULL)
		return TLS_LINE_KNOWN;
	return is_off(value, n) ? TLS_LINE_NONE : TLS_LINE_UNKNOWN;
}

enum tls_line
tls_line(const char *line, char key[TLS_KEY_MAX])
{
	const size_t len = take_key(line, key);
	const char *name, *value;
	bool off = false;
	size_t n;

	name = behind_prefixes(key, &off);
	if (behind(name, "ssl") == NULL && behind(name, "tls") == NULL)
		return TLS_LINE_NONE;
	if (off)
		return strcmp(name, "ssl") == 0 ? TLS_LINE_OFF :
		    TLS_LINE_NONE;
	value = value_of(line + len, &n);
	if (strcmp(key, "ssl") == 0)
		return is_off(value, n) ? TLS_LINE_OFF : TLS_LINE_ON;
	return judge(key, value, n);
}
