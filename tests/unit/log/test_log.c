/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each message is one line in one write, harmless whatever the text holds.
 */
#include "base/text.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* Standard error as a socket that keeps each write apart. */
struct capture {
    int ends[2], saved;
};

static void capture_begin(struct capture *capture)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, capture->ends), 0);
    capture->saved = dup(STDERR_FILENO);
    assert_true(capture->saved >= 0);
    assert_true(dup2(capture->ends[1], STDERR_FILENO) >= 0);
}

/* The next write, "" if there is none. */
static void capture_next(struct capture *capture, char *text, size_t size)
{
    ssize_t got = recv(capture->ends[0], text, size - 1, MSG_DONTWAIT);

    text[got > 0 ? got : 0] = '\0';
}

static void capture_end(struct capture *capture)
{
    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    close(capture->ends[0]);
    close(capture->ends[1]);
}

static void test_lines(void **state)
{
    struct capture capture;
    char text[2000];

    (void)state;
    capture_begin(&capture);
    errno = ENOENT;
    log_info("pinned %s vCPU %d", "a\nb\r\033[2Jc", 3);
    log_error("%s", "");
    assert_int_equal(errno, ENOENT);
    capture_next(&capture, text, sizeof text);
    assert_string_equal(text, "vcpu-scheduler: pinned a?b??[2Jc vCPU 3\n");
    capture_next(&capture, text, sizeof text);
    assert_string_equal(text, "vcpu-scheduler: \n");
    capture_next(&capture, text, sizeof text);
    assert_string_equal(text, "");
    capture_end(&capture);
}

/* A daemon may have been started without standard error; a caller's errno is its own. */
static void test_closed(void **state)
{
    int saved = dup(STDERR_FILENO);

    (void)state;
    close(STDERR_FILENO);
    errno = ENOENT;
    log_error("lost");
    assert_int_equal(errno, ENOENT);
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static void test_level(void **state)
{
    struct capture capture;
    char text[200];

    (void)state;
    capture_begin(&capture);
    log_set_level(LOG_ERROR);
    log_info("not this");
    log_error("this");
    log_set_level(LOG_INFO);
    capture_next(&capture, text, sizeof text);
    assert_string_equal(text, "vcpu-scheduler: this\n");
    capture_next(&capture, text, sizeof text);
    assert_string_equal(text, "");
    capture_end(&capture);
}

static void test_long_line_is_cut(void **state)
{
    struct capture capture;
    char word[5000], text[6000];

    (void)state;
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    capture_begin(&capture);
    log_error("%s", word);
    capture_next(&capture, text, sizeof text);
    assert_int_equal(strlen(text), 1023);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    capture_next(&capture, text, sizeof text);
    assert_string_equal(text, "");
    capture_end(&capture);
}

#define LINES   500
#define THREADS 4

static void *write_lines(void *word)
{
    for (int i = 0; i < LINES; i++)
        log_info("%s%s%s%s end", (char *)word, (char *)word, (char *)word, (char *)word);
    return NULL;
}

/* Through an ordinary file, as a service's log: no line of one thread is ever inside another's. */
static void test_threads_do_not_mix(void **state)
{
    static char words[THREADS][8] = {"aaaaaaa", "bbbbbbb", "ccccccc", "ddddddd"};
    char name[] = "/tmp/test_log.XXXXXX", line[200];
    int file = mkstemp(name), saved = dup(STDERR_FILENO), lines = 0;
    pthread_t threads[THREADS];
    FILE *read_back;

    (void)state;
    assert_true(file >= 0);
    unlink(name);
    fcntl(file, F_SETFL, O_APPEND);
    dup2(file, STDERR_FILENO);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, words[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    dup2(saved, STDERR_FILENO);
    close(saved);
    read_back = fdopen(file, "r");
    assert_non_null(read_back);
    rewind(read_back);
    while (fgets(line, sizeof line, read_back)) {
        const char *text = line + strlen("vcpu-scheduler: ");

        assert_int_equal(strspn(text, (char[]){text[0], '\0'}), 28);
        assert_string_equal(text + 28, " end\n");
        lines++;
    }
    fclose(read_back);
    assert_int_equal(lines, LINES * THREADS);
}

static void assert_clean(const char *dirty, const char *clean)
{
    char text[100];

    snprintf(text, sizeof text, "%s", dirty);
    assert_int_equal(text_clean(text), strlen(clean));
    assert_string_equal(text, clean);
}

static void test_clean(void **state)
{
    (void)state;
    assert_clean("", "");
    assert_clean("db-1 \xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80",
                 "db-1 \xc3\xa4\xe6\x97\xa5\xf0\x9f\x98\x80");
    assert_clean("\001\011\012\015\033\177", "??????");
    assert_clean("\xc2\x9b[31m", "?[31m");     /* C1: the other way to say ESC [ */
    assert_clean("\x9b[31m", "?[31m");         /* … and raw */
    assert_clean("a\xe2\x80\xaetxt", "a?txt"); /* right-to-left override */
    assert_clean("\xe2\x80\xa8", "?");         /* line separator */
    assert_clean("\xc0\xaf", "??");            /* overlong */
    assert_clean("\xe0\x80\x8a", "???");       /* overlong newline */
    assert_clean("\xed\xa0\x80", "???");       /* surrogate */
    assert_clean("\xf4\x90\x80\x80", "????");  /* above U+10FFFF */
    assert_clean("\xe6\x97", "??");            /* cut off */
    assert_clean("\xe6\x97x", "??x");
}

static void test_fit(void **state)
{
    unsigned used;

    (void)state;
    assert_int_equal(text_fit("hello", 3, &used), 3);
    assert_int_equal(used, 3);
    assert_int_equal(text_fit("hello", 9, &used), 5);
    assert_int_equal(used, 5);
    assert_int_equal(text_fit("\xc3\xa4\xc3\xa4\xc3\xa4", 2, &used), 4);
    assert_int_equal(used, 2);
    assert_int_equal(text_fit("\xe6\x97\xa5\xe6\x97\xa5", 3, &used), 3); /* two columns each */
    assert_int_equal(used, 2);
    assert_int_equal(text_fit("x", 0, &used), 0);
    assert_int_equal(used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_long_line_is_cut),
        cmocka_unit_test(test_threads_do_not_mix),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
