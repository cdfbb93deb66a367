#ifndef STORE_PING_H
#define STORE_PING_H

struct err;

/*
 * Tell a monitor that expects to hear from us (healthchecks.io and its like)
 * by a GET of its URL, with "/what" added to the path unless what is "".  An
 * answer of 2xx is success.  It takes five seconds at most; certificates are
 * verified, and no redirect is followed.  A URL may be a secret: of it, errors
 * name the host only.
 */
int	ping(const char *url, const char *what, struct err *);

#endif
