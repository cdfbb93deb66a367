#ifndef DB_SERVER_PLACE_H
#define DB_SERVER_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

struct err;
struct scratch;

#define SERVER_SOCKET_MAX sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* Which programs a throwaway server is, where it lives, and as whom. */
struct server_place {
	struct scratch	*scratch;
	char		 program[PATH_MAX];
	char		 installer[PATH_MAX];
	char		 folder[SERVER_SOCKET_MAX];
	char		 socket[SERVER_SOCKET_MAX];
	char		 marker[PATH_MAX + 32];	/* MUSTER_SCRATCH=... */
	uid_t		 uid;			/* 0: stay who we are */
	gid_t		 gid;
};

/*
 * Look for a program in PATH and where distributions keep servers; the first
 * of the names (NULL ends them) that is there.  ERR_ABSENT says what to
 * install.
 */
int	server_find_program(const char *const *names, const char *install,
	    char out[PATH_MAX], struct err *);

/* mariadbd: the given one, made absolute, or the first that is found. */
int	server_find(const char *given, char out[PATH_MAX], struct err *);

/* "10.11.6-MariaDB" is of the same series as "10.11.19-MariaDB-log". */
bool	server_same_series(const char *, const char *);

/*
 * The version that a program says of itself with --version: the number that
 * follows "Ver " or "MariaDB server ", as far as it has no space.
 */
int	server_program_version(const char *program, char *version,
	    size_t size, struct err *);

/*
 * Find the programs (the given server, or one in PATH or where distributions
 * keep it) and make a folder in the scratch, with data, tmp and files in it,
 * of mode 0700; as root it belongs to an unprivileged user, who may walk
 * through the scratch but sees nothing else of it.  ERR_ABSENT without a
 * program, ERR_INPUT for a scratch folder that cannot be used: its path too
 * long for a socket, out of reach of that user, or without space.
 */
int	server_place_make(struct server_place *, const char *mariadbd,
	    struct scratch *, struct err *);

#endif
