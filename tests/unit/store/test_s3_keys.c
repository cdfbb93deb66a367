/*
 * Where credentials come from: variables, files, systemd, metadata services.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "store/s3/s3_keys.h"
#include "../../lib/helper.h"

#define SECOND 1000000000ll

static char top[] = "/tmp/muster-test-keys-XXXXXX";
static struct helper server;

/* Nothing is anywhere: no variables, an empty home. */
static int
nothing(void **state)
{
	static const char *const names[] = {
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN", "AWS_PROFILE",
		"AWS_SHARED_CREDENTIALS_FILE", "CREDENTIALS_DIRECTORY",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unsetenv(names[i]);
	(void)setenv("HOME", top, 1);
	(void)setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	clock_fake(-1, -1);
	return file_remove_tree(".aws", &(struct err){ 0 });
}

static void
save(const char *name, mode_t mode, const char *text)
{
	struct err e;

	if (file_replace_path(name, mode, text, strlen(text), &e) == -1)
		fail_msg("%s", e.text);
}

static void
save_shared(const char *text)
{
	(void)mkdir(".aws", 0700);
	save(".aws/credentials", 0600, text);
}

static void
expect(const char *file, const char *profile, const char *access,
    const char *secret, const char *token)
{
	const struct s3_secret *s;
	struct s3_keys *k;
	struct err e;

	err_clear(&e);
	if ((k = s3_keys_new(file, profile, &e)) == NULL)
		fail_msg("%s", e.text);
	assert_non_null(s = s3_keys_hold(k, &e));
	assert_string_equal(s->access, access);
	assert_string_equal(s->secret, secret);
	assert_string_equal(s->token, token);
	s3_keys_release(k);
	s3_keys_free(k);
}

static void
refuse(const char *file, const char *profile, enum err_kind kind,
    const char *why)
{
	struct err e;

	err_clear(&e);
	assert_null(s3_keys_new(file, profile, &e));
	if (strstr(e.text, why) == NULL)
		fail_msg("%s: expected %s", e.text, why);
	assert_int_equal(e.kind, kind);
	assert_null(strstr(e.text, "hush"));
}

static void
nowhere_is_said_with_all_places(void **state)
{
	(void)state;
	refuse(NULL, NULL, ERR_DENIED, "there are no credentials: no file is "
	    "named in the policy, AWS_ACCESS_KEY_ID is not set, and there is "
	    "neither $CREDENTIALS_DIRECTORY/muster-s3 nor ~/.aws/credentials "
	    "nor a metadata service");
}

static void
variables_come_first(void **state)
{
	(void)state;
	save_shared("[default]\naws_access_key_id = F\n"
	    "aws_secret_access_key = f\n");
	(void)setenv("AWS_ACCESS_KEY_ID", "A", 1);
	refuse(NULL, NULL, ERR_INPUT, "only one is set");
	(void)setenv("AWS_SECRET_ACCESS_KEY", "hush/+=", 1);
	expect(NULL, NULL, "A", "hush/+=", "");
	(void)setenv("AWS_SESSION_TOKEN", "T==", 1);
	expect(NULL, NULL, "A", "hush/+=", "T==");
	(void)setenv("AWS_SECRET_ACCESS_KEY", "hush\nx: y", 1);
	refuse(NULL, NULL, ERR_INPUT,
	    "AWS_SECRET_ACCESS_KEY: expected a value without blanks");
}

static void
variables_have_limits(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)setenv("AWS_ACCESS_KEY_ID", "A", 1);
	(void)setenv("AWS_SECRET_ACCESS_KEY", text, 1);
	refuse(NULL, NULL, ERR_INPUT,
	    "AWS_SECRET_ACCESS_KEY is longer than 255 bytes");
}

#define FILE_TEXT "# made by hand\r\n; and\n" \
    "[default]\naws_access_key_id=A\naws_secret_access_key = s/1=\r\n" \
    "region = eu\ns3 =\n  aws_access_key_id = nested\n\n" \
    "[other]\nAWS_ACCESS_KEY_ID = B\n aws_secret_access_key = nested\n" \
    "aws_secret_access_key=t\naws_session_token =  u==  \n" \
    "[profile third]\naws_access_key_id=C\naws_secret_access_key=v\n"

static void
sections_of_a_file_are_told_apart(void **state)
{
	(void)state;
	save("f", 0600, FILE_TEXT);
	expect("f", NULL, "A", "s/1=", "");
	expect("f", "default", "A", "s/1=", "");
	expect("f", "other", "B", "t", "u==");
	expect("f", "third", "C", "v", "");
	save("f", 0600, "aws_access_key_id=A\naws_secret_access_key=s\n");
	expect("f", NULL, "A", "s", "");
	refuse("f", "x", ERR_INPUT, "f: expected aws_access_key_id and "
	    "aws_secret_access_key in [x], which is not there");
}

static void
files_that_are_none_are_refused_by_line(void **state)
{
	struct err e;

	(void)state;
	refuse("none", NULL, ERR_ABSENT, "none");
	save("f", 0644, FILE_TEXT);
	refuse("f", NULL, ERR_DENIED, "chmod 600 it");
	save("f", 0600, "[default\nx");
	refuse("f", NULL, ERR_INPUT, "f:1: expected [section]");
	save("f", 0600, "\nhush\n");
	refuse("f", NULL, ERR_INPUT,
	    "f:2: expected [section] or name = value");
	save("f", 0600, "aws_secret_access_key = hu sh\n");
	refuse("f", NULL, ERR_INPUT, "f:1: expected a value without blanks");
	save("f", 0600, "aws_secret_access_key =\n");
	refuse("f", NULL, ERR_INPUT, "f:1: the value is empty or too long");
	save("f", 0600, "aws_secret_access_key = hush\n");
	refuse("f", NULL, ERR_INPUT, "f: expected aws_access_key_id and "
	    "aws_secret_access_key in [default]");
	assert_int_equal(file_replace_path("f", 0600, "a=b\0c", 5, &e), 0);
	refuse("f", NULL, ERR_INPUT, "it has NULs");
}

static void
systemd_and_the_shared_file_are_found(void **state)
{
	char path[128];

	(void)state;
	save_shared(FILE_TEXT);
	expect(NULL, NULL, "A", "s/1=", "");
	(void)setenv("AWS_PROFILE", "other", 1);
	expect(NULL, NULL, "B", "t", "u==");
	(void)setenv("AWS_PROFILE", "no", 1);
	refuse(NULL, NULL, ERR_INPUT, "in [no], which is not there");
	(void)snprintf(path, sizeof(path), "%s/elsewhere", top);
	(void)setenv("AWS_SHARED_CREDENTIALS_FILE", path, 1);
	refuse(NULL, NULL, ERR_ABSENT, "elsewhere");
	save("muster-s3", 0600,
	    "aws_access_key_id=S\naws_secret_access_key=y\n");
	(void)setenv("CREDENTIALS_DIRECTORY", top, 1);
	expect(NULL, NULL, "S", "y", "");
	assert_int_equal(unlink("muster-s3"), 0);
}

static void
ask(const char *path)
{
	char url[128];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s",
	    (unsigned)server.port, path);
	(void)setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url, 1);
	(void)setenv("AWS_EC2_METADATA_DISABLED", "false", 1);
}

static void
an_instance_gives_those_of_its_role(void **state)
{
	(void)state;
	ask("imds");
	expect(NULL, NULL, "ASIAINSTANCE", "secret/INSTANCE+x",
	    "sessionINSTANCE==");
}

static void
an_instance_that_gives_none_is_no_place(void **state)
{
	(void)state;
	ask("none");
	refuse(NULL, NULL, ERR_DENIED, "there are no credentials");
	ask("v1");
	refuse(NULL, NULL, ERR_REMOTE, "the metadata service answered 403");
	ask("odd");
	refuse(NULL, NULL, ERR_REMOTE, "the metadata service gave no "
	    "credentials: expected AccessKeyId, SecretAccessKey, Token and "
	    "Expiration");
	(void)setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT",
	    "http://127.0.0.1:1", 1);
	refuse(NULL, NULL, ERR_DENIED, "there are no credentials");
}

static void
a_container_gives_those_of_its_task(void **state)
{
	char url[128];

	(void)state;
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/container",
	    (unsigned)server.port);
	(void)setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
	refuse(NULL, NULL, ERR_REMOTE, "the metadata service answered 401");
	(void)setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "secret-of-task",
	    1);
	expect(NULL, NULL, "ASIACONTAINER", "secret/CONTAINER+x",
	    "sessionCONTAINER==");
	save("task", 0600, "secret-of-task\n");
	(void)setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "task", 1);
	(void)setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "wrong", 1);
	expect(NULL, NULL, "ASIACONTAINER", "secret/CONTAINER+x",
	    "sessionCONTAINER==");
	(void)unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	(void)setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nx: y", 1);
	refuse(NULL, NULL, ERR_INPUT, "expected one line");
	(void)setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI",
	    "http://127.0.0.1.example.com/x", 1);
	refuse(NULL, NULL, ERR_INPUT, "expected https, or an address of this "
	    "machine");
}

static void
those_that_expire_are_fetched_again(void **state)
{
	const struct s3_secret *s;
	struct s3_keys *k;
	struct err e;
	char first[S3_ACCESS_MAX];

	(void)state;
	ask("fresh");
	assert_non_null(k = s3_keys_new(NULL, NULL, &e));
	/* four minutes are fewer than five: fetched at each use */
	assert_non_null(s = s3_keys_hold(k, &e));
	(void)snprintf(first, sizeof(first), "%s", s->access);
	s3_keys_release(k);
	assert_non_null(s = s3_keys_hold(k, &e));
	assert_string_not_equal(s->access, first);
	s3_keys_release(k);
	/* nobody gives others: what has not expired will do */
	ask("none");
	assert_non_null(s3_keys_hold(k, &e));
	s3_keys_release(k);
	clock_fake(clock_utc() + 300 * SECOND, -1);
	err_clear(&e);
	assert_null(s3_keys_hold(k, &e));
	assert_string_equal(e.text, "the credentials have expired, and the "
	    "instance's metadata service has no others");
	ask("v1");
	assert_null(s3_keys_hold(k, &e));
	assert_non_null(strstr(e.text, "cannot renew the credentials: the "
	    "metadata service answered 403"));
	s3_keys_free(k);
}

static void
a_file_that_changed_is_read_when_the_old_expired(void **state)
{
	const struct s3_secret *s;
	struct s3_keys *k;
	struct err e;

	(void)state;
	save("f", 0600, FILE_TEXT);
	assert_non_null(k = s3_keys_new("f", NULL, &e));
	assert_int_equal(s3_keys_renew(k, clock_utc(), &e), 0);
	save("f", 0600, "aws_access_key_id=N\naws_secret_access_key=n\n");
	assert_int_equal(s3_keys_renew(k, clock_utc(), &e), 1);
	assert_non_null(s = s3_keys_hold(k, &e));
	assert_string_equal(s->access, "N");
	s3_keys_release(k);
	/* what was signed before the last renewal does not ask for another */
	assert_int_equal(s3_keys_renew(k, clock_utc() - 60 * SECOND, &e), 1);
	assert_int_equal(unlink("f"), 0);
	assert_int_equal(s3_keys_renew(k, clock_utc(), &e), -1);
	assert_string_equal(s3_keys_origin(k), "f");
	s3_keys_free(k);
}

#define TEST(f) cmocka_unit_test_setup(f, nothing)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nowhere_is_said_with_all_places),
		TEST(variables_come_first),
		TEST(variables_have_limits),
		TEST(sections_of_a_file_are_told_apart),
		TEST(files_that_are_none_are_refused_by_line),
		TEST(systemd_and_the_shared_file_are_found),
		TEST(an_instance_gives_those_of_its_role),
		TEST(an_instance_that_gives_none_is_no_place),
		TEST(a_container_gives_those_of_its_task),
		TEST(those_that_expire_are_fetched_again),
		TEST(a_file_that_changed_is_read_when_the_old_expired),
	};
	struct err e;
	int failed;

	helper_start(&server, "tests/lib/metadata_server.py", NULL, NULL,
	    NULL);
	if (mkdtemp(top) == NULL || chdir(top) == -1)
		return 1;
	failed = cmocka_run_group_tests_name("s3_keys", tests, NULL, NULL);
	helper_stop(&server);
	if (chdir("/") == -1 || file_remove_tree(top, &e) == -1)
		return 1;
	return failed;
}
