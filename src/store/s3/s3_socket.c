/*
 * Connections: see s3_socket.h.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string.h>

#include <curl/curl.h>

#include "store/s3/s3_socket.h"

#define SECOND 1000000000ll

int
s3_socket_of(void *h)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	return curl_easy_getinfo(h, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
	    fd != CURL_SOCKET_BAD ? fd : -1;
}

int64_t
s3_socket_expiry(void *h)
{
	static const char label[] = "Expire date:";
	struct curl_certinfo *chain = NULL;
	const struct curl_slist *l;
	time_t t;

	if (curl_easy_getinfo(h, CURLINFO_CERTINFO, &chain) != CURLE_OK ||
	    chain == NULL || chain->num_of_certs < 1)
		return 0;
	for (l = chain->certinfo[0]; l != NULL; l = l->next)
		if (strncmp(l->data, label, strlen(label)) == 0) {
			t = curl_getdate(l->data + strlen(label), NULL);
			return t > 0 && t < INT64_MAX / SECOND ?
			    t * SECOND : 0;
		}
	return 0;
}

void
s3_socket_acknowledge(int fd)
{
	const int one = 1;

	if (fd != -1)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one,
		    sizeof(one));
}
