/*
 * Where passphrases come from: see passphrase.h.
 *
 * A terminal left without echo is a nuisance that outlives us, so while echo
 * is off the signals that end or stop a process are held back; the loop looks
 * for them, and they are let through when the terminal is itself again.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/intr.h"
#include "crypto/guard.h"
#include "crypto/keys.h"
#include "crypto/passphrase.h"

#define LOOK_MS 100			/* how often signals are looked for */

enum typed {
	TYPED_LINE,
	TYPED_SIGNAL,			/* one is waiting to be let through */
	TYPED_FAILED
};

static const int held_signals[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP
};
#define N_HELD (sizeof(held_signals) / sizeof(held_signals[0]))

/* Keep the first line, without its end. */
static int
first_line(struct passphrase *p, size_t got, struct err *e)
{
	const char *end = memchr(p->text, '\n', got);

	p->len = end != NULL ? (size_t)(end - p->text) : got;
	if (p->len > 0 && p->text[p->len - 1] == '\r')
		p->len--;
	sodium_memzero(p->text + p->len, sizeof(p->text) - p->len);
	if (p->len == 0)
		return err_set(e, ERR_INPUT, "the passphrase is empty");
	return 0;
}

static int
from_file(struct passphrase *p, const char *path, struct err *e)
{
	size_t got;

	if (file_load_secret(path, p->text, sizeof(p->text), &got, e) == -1)
		return -1;
	if (first_line(p, got, e) == -1)
		return err_add(e, "%s", path);
	return 0;
}

static bool
signal_waits(void)
{
	sigset_t waiting;
	size_t i;

	if (intr_pending() != 0)
		return true;
	(void)sigpending(&waiting);
	for (i = 0; i < N_HELD; i++)
		if (sigismember(&waiting, held_signals[i]) == 1)
			return true;
	return false;
}

/* The terminal hands over whole lines. */
static enum typed
read_line(int tty, struct passphrase *p, struct err *e)
{
	struct pollfd look = { .fd = tty, .events = POLLIN };
	ssize_t got;
	int ready;

	for (;;) {
		if (signal_waits())
			return TYPED_SIGNAL;
		ready = poll(&look, 1, LOOK_MS);
		if (ready == 0 || (ready == -1 && errno == EINTR))
			continue;
		if (ready == -1) {
			(void)err_sys(e, "cannot wait for the terminal");
			return TYPED_FAILED;
		}
		got = read(tty, p->text, sizeof(p->text));
		if (got >= 0 || errno != EINTR)
			break;
	}
	if (got == -1) {
		(void)err_sys(e, "cannot read from the terminal");
		return TYPED_FAILED;
	}
	if (signal_waits()) {		/* ^C, and then Enter: ^C counts */
		sodium_memzero(p->text, sizeof(p->text));
		return TYPED_SIGNAL;
	}
	if ((size_t)got == sizeof(p->text)) {
		(void)err_set(e, ERR_INPUT, "the passphrase is longer than "
		    "%d bytes", PASSPHRASE_MAX - 1);
		return TYPED_FAILED;
	}
	if (first_line(p, (size_t)got, e) == -1)
		return TYPED_FAILED;
	return TYPED_LINE;
}

static enum typed
ask_without_echo(int tty, const char *prompt, struct passphrase *p,
    struct err *e)
{
	struct termios was, quiet;
	sigset_t held, before;
	enum typed typed = TYPED_FAILED;
	size_t i;

	if (tcgetattr(tty, &was) == -1) {
		(void)err_sys(e, "cannot ask on the terminal");
		return TYPED_FAILED;
	}
	(void)sigemptyset(&held);
	for (i = 0; i < N_HELD; i++)
		(void)sigaddset(&held, held_signals[i]);
	(void)pthread_sigmask(SIG_BLOCK, &held, &before);
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON | ISIG | ECHONL;
	if (tcsetattr(tty, TCSAFLUSH, &quiet) == -1)
		(void)err_sys(e, "cannot ask on the terminal");
	else if (fd_write(tty, prompt, strlen(prompt), e) == 0 &&
	    fd_write(tty, ": ", 2, e) == 0)
		typed = read_line(tty, p, e);
	if (tcsetattr(tty, TCSAFLUSH, &was) == -1 && typed == TYPED_LINE) {
		(void)err_sys(e, "cannot bring the terminal's echo back");
		typed = TYPED_FAILED;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return typed;
}

static int
ask(const char *prompt, struct passphrase *p, struct err *e)
{
	enum typed typed = TYPED_FAILED;
	int tty;

	tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty == -1)
		return err_sys(e, "no terminal to ask for a passphrase on");
	/* Stopped and continued (^Z, fg): ask again. */
	do {
		if ((typed = ask_without_echo(tty, prompt, p, e)) ==
		    TYPED_SIGNAL && intr_check(e) == -1)
			break;
	} while (typed == TYPED_SIGNAL);
	fd_drop(&tty);
	return typed == TYPED_LINE ? 0 : -1;
}

static int
ask_twice(const char *prompt, struct passphrase *p, struct err *e)
{
	struct passphrase *again;
	int rc = -1;

	if ((again = guard_new(sizeof(*again), e)) == NULL)
		return -1;
	if (ask(prompt, p, e) == -1 || ask("The same again", again, e) == -1)
		goto done;
	if (p->len != again->len ||
	    sodium_memcmp(p->text, again->text, p->len) != 0) {
		(void)err_set(e, ERR_INPUT, "the two passphrases differ");
		goto done;
	}
	rc = 0;
done:
	guard_free(again);
	return rc;
}

struct passphrase *
passphrase_get(const struct passphrase_source *from, bool twice,
    struct err *e)
{
	const char *prompt = "Passphrase";
	struct passphrase *p;
	int rc;

	if (from->prompt != NULL)
		prompt = from->prompt;
	if ((p = guard_new(sizeof(*p), e)) == NULL)
		return NULL;
	if (from->file != NULL)
		rc = from_file(p, from->file, e);
	else if (from->ask)
		rc = twice ? ask_twice(prompt, p, e) : ask(prompt, p, e);
	else
		rc = err_set(e, ERR_DENIED, "no passphrase was given: "
		    "expected --passphrase-file, or a terminal to ask on");
	if (rc == -1) {
		passphrase_free(p);
		return NULL;
	}
	guard_freeze(p);
	return p;
}

void
passphrase_free(struct passphrase *p)
{
	guard_free(p);
}
