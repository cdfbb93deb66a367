#ifndef STORE_S3_S3_SEND_H
#define STORE_S3_S3_SEND_H

#include <stdatomic.h>
#include <stdbool.h>

#include "store/s3/s3_config.h"
#include "store/s3/s3_judge.h"
#include "store/s3/s3_limit.h"
#include "store/s3/s3_pace.h"
#include "store/s3/s3_wire.h"

struct err;
struct s3_page;
struct s3_reply;

/* What sends requests to one bucket until they are answered. */
struct s3_sender {
	struct s3_config	 config;
	struct s3_keys		*keys;		/* its own */
	struct s3_limit		 limit;
	struct s3_pace		 pace;
	struct s3_link		 link;
	atomic_bool		 reached;	/* it has answered once */
};

/* Takes the keys, also on failure. */
int	s3_sender_init(struct s3_sender *, const struct s3_config *,
	    struct s3_keys *, struct err *);
void	s3_sender_drop(struct s3_sender *);

/*
 * Send it, signed anew each time, until there is an answer that another try
 * would not change, or the budget is used up.  page, of a list, is filled when
 * it was done.  *tries says how many there were: after more than one, an
 * earlier one may have had its effect.  For all but S3_DONE the error says why.
 */
enum s3_verdict	s3_send(struct s3_sender *, const struct s3_request *,
		    struct s3_reply *, struct s3_page *, unsigned *tries,
		    struct err *);

#endif
