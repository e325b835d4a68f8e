/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu-top: reads, shows and sorts what the status socket serves; refuses malformed answers with a
 * message; keys work as in the manual; screens of all sizes are intact.
 */
#include "status/internal.h"
#include "support/view_maker.h"
#include "top/internal.h"
#include "top/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- answers ---- */

/* Two nodes of two cores of two threads; three domains, of which one has an ugly name. */
static struct plan *make_plan(void)
{
    static const char *const names[] = {"web", "db\033[31m\n\xff", "a \"quoted\" <name>"};
    static const struct snapshot_size room = {.domains = 3, .vcpus = 12, .pcpus = 8, .sets = 13};
    struct plan *plan = view_make(8, 12);

    assert_int_equal(plan_reserve(plan, &room), 0);
    assert_int_equal(topology_regular(&plan->view.topology, 2, 1, 2, 2), 0);
    for (uint32_t v = 0; v < 6; v++)
        view_add(plan, (int32_t)(v % 4), 10 + 5 * v);
    plan->view.domain_count = 3;
    plan->view.sets_version = 1;
    for (uint32_t d = 0; d < 3; d++) {
        strcpy(plan->view.domains[d].name, names[d]);
        plan->view.domains[d].first_vcpu = 2 * d;
        plan->view.domains[d].vcpu_count = 2;
        for (uint32_t v = 2 * d; v < 2 * d + 2; v++) {
            plan->view.vcpus[v].domain = d;
            plan->view.vcpus[v].name.number = v % 2;
            plan->view.domains[d].usage += plan->view.vcpus[v].usage;
        }
    }
    plan->view.vcpus[1].blocked_by = VCPU_FIXED;
    plan->view.vcpus[3].blocked_by = VCPU_SUSPECT;
    plan->view.vcpus[4].delay = 12.5;
    view_close(plan);
    plan->view.pools[3].usage = 80;
    plan->view.pools[3].other = 20;
    plan->view.pools[3].demand = 130;
    view_show(&plan->view);
    plan->view.busiest = 3;
    plan->view.freest = 7;
    plan->view.period = 7;
    plan->decision.reason = REASON_ACT;
    strcpy(plan->decision.why, "busiest pCPU 3 at 80.0 % is above the threshold of 50 %");
    plan_add(plan, 0, 7, 0);
    plan->decision.pins[0].result = PIN_DONE;
    plan->totals.pins[PIN_DONE] = 9;
    plan->decision.gain = 30;
    plan->stages[STAGE_PIN] = (struct histogram_row){
        .count = 3, .p50 = 500, .p90 = 81900, .p99 = 1500000, .max = UINT64_C(2500000000)};
    return plan;
}

/* --pool of the daemon that answers. */
static struct pool_choice asked;

/* Sets what pools are. */
static void ask_for(enum pool_level level, uint32_t size)
{
    asked = (struct pool_choice){level, size};
}

/* The same host in pools of four pCPUs, one for each node: vCPU 0 goes from pool 0 to 1. */
static struct plan *make_pools(void)
{
    struct plan *plan = view_make(8, 4);

    ask_for(POOL_SIZED, 4);
    view_shape(plan, 2, 1, 2, 2);
    view_cut(plan, 4);
    view_add(plan, 0, 90);
    view_add(plan, 1, 50);
    view_add(plan, 0, 30);
    view_add(plan, -1, 0);
    view_close(plan);
    strcpy(plan->view.domains[0].name, "web");
    plan->view.domains[0].vcpu_count = 4;
    plan->view.domains[0].usage = 170;
    plan->view.vcpus[2].last_pcpu = 2;
    plan->view.sets_version = 1;
    plan->view.pools[1].usage = 75;
    plan->view.pools[1].other = 25;
    plan->view.pools[1].demand = 120;
    view_show(&plan->view);
    plan->view.busiest = 1;
    plan->view.freest = 0;
    plan->decision.reason = REASON_ACT;
    strcpy(plan->decision.why, "busiest pool 1 (4-7) at 120.0 % is above the threshold of 50 %");
    plan_add(plan, 0, 1, 0);
    plan->decision.pins[0].result = PIN_DONE;
    plan->decision.gain = 30;
    return plan;
}

/* A host of many pools of so many pCPUs. */
static struct plan *make_many_pools(uint32_t sockets, uint32_t cores, uint32_t size)
{
    struct plan *plan = view_make(sockets * cores, 1);

    ask_for(POOL_SIZED, size);
    view_shape(plan, sockets, 1, cores, 1);
    view_cut(plan, size);
    view_add(plan, 0, 100);
    plan->view.domains[0].vcpu_count = 1;
    view_close(plan);
    return plan;
}

static char *answer_of(const struct plan *plan, size_t *size)
{
    const struct options options = {.period_s = 3,
                                    .planner.policy = &policy_swap,
                                    .planner.pool = asked,
                                    .restore = true,
                                    .planner.decision.threshold = 50};
    struct status *status = status_new();
    struct status_page *page;
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    status_publish(status, &options, plan);
    page = status_take(status);
    page->at = 90000;
    page->since = 90000 - 3 * 3600 - 62;
    page->decisions[0].at = page->at;
    status_write_json(out, page);
    fclose(out);
    status_give(status, page);
    status_free(status);
    return text;
}

static struct top_model *read_plan(const struct plan *plan)
{
    size_t size;
    char *text = answer_of(plan, &size);
    struct failure why = {""};
    struct top_model *model = top_model_read(text, size, &why);

    if (!model)
        fail_msg("%s", why.text);
    free(text);
    return model;
}

static void an_answer_is_understood(void **state)
{
    struct plan *plan = make_plan();
    struct top_model *model = read_plan(plan);

    (void)state;
    assert_int_equal(model->pcpu_count, 8);
    assert_int_equal(model->domain_count, 3);
    assert_int_equal(model->vcpu_count, 6);
    assert_int_equal(model->decision_count, 1);
    assert_int_equal(model->stage_count, STAGE_COUNT);
    assert_string_equal(model->policy, "swap");
    assert_float_equal(model->threshold, 50, 0);
    assert_float_equal(model->period_s, 3, 0);
    assert_int_equal(model->busiest, 3);
    assert_int_equal(model->pcpus[3].node, 0);
    assert_int_equal(model->pcpus[4].node, 1);
    assert_int_equal(model->pcpus[4].core, model->pcpus[5].core);
    assert_string_equal(model->domains[0].name, "web");
    assert_string_equal(model->domains[1].name, "db?[31m??");
    assert_string_equal(model->vcpus[1].state, "fixed");
    assert_string_equal(model->vcpus[3].state, "suspect");
    assert_float_equal(model->vcpus[4].delay, 12.5, 0);
    assert_int_equal(model->vcpus[5].domain, 2);
    assert_true(isnan(model->decisions[0].gained));
    assert_string_equal(model->decisions[0].moves, "web/0 0->7");
    assert_float_equal(model->stages[STAGE_PIN].p90_ns, 81900, 0);
    top_model_free(model);
    plan_free(plan);
}

static void pools_are_understood(void **state)
{
    struct plan *plan = make_pools();
    struct top_model *model = read_plan(plan);

    (void)state;
    assert_string_equal(model->pool_asked, "4");
    assert_string_equal(model->pool_level, "4");
    assert_int_equal(model->pool_count, 2);
    assert_ptr_equal(model->meters, model->pools);
    assert_int_equal(model->meter_count, 2);
    assert_int_equal(model->pcpu_count, 8);
    assert_int_equal(model->busiest, 1);
    assert_int_equal(model->freest, 0);
    assert_string_equal(model->pools[1].pcpus, "4-7");
    assert_int_equal(model->pools[1].size, 4);
    assert_int_equal(model->pools[1].node, 1);
    assert_int_equal(model->pools[1].core, -1);
    assert_float_equal(model->pools[1].wanted, 120, 0);
    assert_int_equal(model->vcpus[2].pool, 0);
    assert_int_equal(model->vcpus[2].pcpu, 2);
    assert_int_equal(model->vcpus[3].pool, -1);
    assert_string_equal(model->decisions[0].moves, "web/0 pool 0->1");
    top_model_free(model);
    plan_free(plan);
    ask_for(POOL_CPU, 0);
}

/* Removes a part of a text from `from` up to `to`. */
static void cut_out(char *text, const char *from, const char *to)
{
    char *begin = strstr(text, from), *end = begin ? strstr(begin, to) : NULL;

    assert_non_null(end);
    memmove(begin, end, strlen(end) + 1);
}

/* What daemons before pools answer, and one that knows of a level but sends no pools. */
static void an_older_daemon_is_understood(void **state)
{
    struct plan *plan = make_plan();
    size_t size;
    char *text = answer_of(plan, &size);
    struct failure why = {""};
    struct top_model *model;

    (void)state;
    cut_out(text, "\"pool\": {", "\"busiest\": ");
    cut_out(text, "\"busiest_pool\"", "\"no_room\"");
    cut_out(text, "\"pools\"", "\"domains\"");
    assert_null(strstr(text, "\"pool\": {"));
    assert_null(strstr(text, "_pool\""));
    model = top_model_read(text, strlen(text), &why);
    if (!model)
        fail_msg("%s", why.text);
    assert_string_equal(model->pool_level, "cpu");
    assert_int_equal(model->pool_count, 0);
    assert_ptr_equal(model->meters, model->pcpus);
    assert_int_equal(model->meter_count, 8);
    assert_int_equal(model->busiest, 3);
    assert_int_equal(model->vcpus[0].pool, -1);
    top_model_free(model);
    free(text);
    plan_free(plan);
    plan = make_pools();
    text = answer_of(plan, &size);
    cut_out(text, "\"pools\"", "\"domains\"");
    model = top_model_read(text, strlen(text), &why);
    assert_non_null(model);
    assert_ptr_equal(model->meters, model->pcpus);
    assert_int_equal(model->busiest, -1); /* it is no pCPU */
    top_model_free(model);
    free(text);
    plan_free(plan);
    ask_for(POOL_CPU, 0);
}

static void refuses(const char *text, const char *words)
{
    struct failure why = {""};

    assert_null(top_model_read(text, strlen(text), &why));
    if (!strstr(why.text, words))
        fail_msg("'%s' has no '%s'", why.text, words);
}

static void what_is_no_answer_is_refused(void **state)
{
    struct plan *plan = make_plan();
    size_t size;
    char *text = answer_of(plan, &size);
    struct failure why;

    (void)state;
    refuses("", "not what vcpu-scheduler");
    refuses("<html>", "not what vcpu-scheduler");
    refuses("{}", "version");
    refuses("[]", "Expected object");
    refuses("{\"version\": 3}", "Expected string");
    for (size_t length = 0; length + 2 < size; length++) /* cut at any byte */
        assert_null(top_model_read(text, length, &why));
    strstr(text, "\"usage\"")[1] = 'x';
    refuses(text, "usage");
    free(text);
    plan_free(plan);
}

/* ---- rows and keys ---- */

struct rig {
    struct plan *plan;
    struct top_model *model;
    struct top_view view;
    struct canvas canvas;
};

static void rig_open(struct rig *rig, struct plan *plan)
{
    const struct top_options options = {.sort = TOP_BY_USAGE};

    *rig = (struct rig){.plan = plan, .model = read_plan(plan)};
    top_view_init(&rig->view, &options);
    assert_int_equal(top_view_arrange(&rig->view, rig->model), 0);
}

static void rig_close(struct rig *rig)
{
    canvas_finish(&rig->canvas);
    top_view_finish(&rig->view);
    top_model_free(rig->model);
    plan_free(rig->plan);
}

static void press(struct rig *rig, int key)
{
    top_view_key(&rig->view, rig->model, key);
    assert_int_equal(top_view_arrange(&rig->view, rig->model), 0);
}

/* "web/0 db/1 …", a domain's own line as "web". */
static void rows_are(struct rig *rig, const char *expected)
{
    char text[400] = "";

    for (uint32_t i = 0; i < rig->view.row_count; i++) {
        const struct top_row *row = &rig->view.rows[i];
        char one[80];

        if (row->vcpu < 0)
            snprintf(one, sizeof one, "%s%.3s", i ? " " : "",
                     rig->model->domains[row->domain].name);
        else
            snprintf(one, sizeof one, "%s%.3s/%d", i ? " " : "",
                     rig->model->domains[row->domain].name, rig->model->vcpus[row->vcpu].number);
        strcat(text, one);
    }
    assert_string_equal(text, expected);
}

static void rows_are_sorted_and_filtered(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, make_plan());
    rows_are(&rig, "a \"/1 a \"/0 db?/1 db?/0 web/1 web/0");
    press(&rig, 'N');
    rows_are(&rig, "a \"/0 a \"/1 db?/0 db?/1 web/0 web/1");
    press(&rig, 'D');
    rows_are(&rig, "a \"/0 a \"/1 db?/0 db?/1 web/0 web/1");
    press(&rig, 'C'); /* pCPUs 0 1 1 2 3 7 */
    rows_are(&rig, "a \"/0 a \"/1 web/1 db?/0 db?/1 web/0");
    press(&rig, 'S');
    rows_are(&rig, "web/1 a \"/0 a \"/1 db?/0 web/0 db?/1");
    press(&rig, 't');
    rows_are(&rig, "a \" a \"/0 a \"/1 db? db?/0 db?/1 web web/0 web/1");
    press(&rig, 'P');
    rows_are(&rig, "a \" a \"/0 a \"/1 db? db?/0 db?/1 web web/0 web/1");
    press(&rig, TOP_KEY_F + 4);
    press(&rig, 'w');
    press(&rig, 'x');
    rows_are(&rig, "");
    press(&rig, TOP_KEY_BACKSPACE);
    press(&rig, TOP_KEY_ENTER);
    rows_are(&rig, "web web/0 web/1");
    press(&rig, TOP_KEY_F + 4);
    press(&rig, TOP_KEY_ESCAPE);
    press(&rig, TOP_KEY_F + 5);
    rows_are(&rig, "a \"/1 a \"/0 db?/1 db?/0 web/1 web/0");
    rig_close(&rig);
}

static void keys_move_and_lead(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, make_plan());
    rig.view.height = 2;
    press(&rig, TOP_KEY_UP);
    assert_int_equal(rig.view.cursor, 0);
    press(&rig, TOP_KEY_DOWN);
    press(&rig, TOP_KEY_PAGE_DOWN);
    assert_int_equal(rig.view.cursor, 3);
    press(&rig, TOP_KEY_END);
    press(&rig, TOP_KEY_DOWN);
    assert_int_equal(rig.view.cursor, 5);
    press(&rig, TOP_KEY_PAGE_UP);
    assert_int_equal(rig.view.cursor, 3);
    press(&rig, TOP_KEY_HOME);
    assert_int_equal(rig.view.cursor, 0);
    press(&rig, '/');
    press(&rig, 'w');
    assert_int_equal(rig.view.cursor, 4);
    press(&rig, TOP_KEY_F + 3);
    assert_int_equal(rig.view.cursor, 5);
    press(&rig, 'q'); /* a character of the text */
    assert_false(rig.view.quit);
    press(&rig, TOP_KEY_ESCAPE);
    press(&rig, '>');
    press(&rig, TOP_KEY_UP);
    press(&rig, TOP_KEY_ENTER);
    assert_int_equal(rig.view.sort, TOP_BY_STATE);
    press(&rig, 'd');
    assert_int_equal(rig.view.screen, TOP_DECISIONS);
    press(&rig, 'q'); /* first back to the main screen */
    assert_false(rig.view.quit);
    assert_int_equal(rig.view.screen, TOP_MAIN);
    press(&rig, ' ');
    assert_true(rig.view.paused);
    press(&rig, 'q');
    assert_true(rig.view.quit);
    rig_close(&rig);
}

static void text_is_edited_by_characters(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, make_plan());
    press(&rig, '\\');
    press(&rig, 0xe9);
    press(&rig, 0x6f22);
    press(&rig, 0x1f600);
    assert_string_equal(rig.view.filter, "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80");
    press(&rig, TOP_KEY_BACKSPACE);
    press(&rig, TOP_KEY_BACKSPACE);
    assert_string_equal(rig.view.filter, "\xc3\xa9");
    for (int i = 0; i < 200; i++)
        press(&rig, 'x');
    assert_int_equal(strlen(rig.view.filter), sizeof rig.view.filter - 1);
    rig_close(&rig);
}

static void keys_before_the_first_answer_do_no_harm(void **state)
{
    const struct top_options options = {.sort = TOP_BY_USAGE};
    struct canvas canvas = {0};
    struct top_view view;

    (void)state;
    top_view_init(&view, &options);
    for (int key = 0; key < TOP_KEY_ESCAPE + 1; key = key == 255 ? TOP_KEY_F : key + 1) {
        top_view_key(&view, NULL, key);
        assert_int_equal(canvas_clear(&canvas, 80, 24), 0);
        top_draw(&canvas, NULL, &view);
    }
    canvas_finish(&canvas);
    top_view_finish(&view);
}

/* ---- the picture ---- */

static void line_is(const struct canvas *canvas, unsigned line, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    canvas_print(canvas, line, out);
    fclose(out);
    text[size - 1] = '\0';
    assert_string_equal(text, expected);
    free(text);
}

static void draw(struct rig *rig, unsigned columns, unsigned lines)
{
    assert_int_equal(canvas_clear(&rig->canvas, columns, lines), 0);
    top_draw(&rig->canvas, rig->model, &rig->view);
}

static void the_main_screen_fits_80_by_24(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, make_plan());
    rig.model->host = "host";
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 0, "vcpu-top  host  up 3:01:02  policy swap  period 3 s  threshold 50 %");
    line_is(&rig.canvas, 1,
            "node 0    0[||||||||||||  :         40.0%]    1[||||||||||||||:         50.0%]");
    line_is(&rig.canvas, 2,
            "          2[||||||        :         20.0%]    3[||||||||||||||:||======> 130%]B");
    line_is(&rig.canvas, 5, "3 domains, 6 vCPUs on 8 pCPUs; 9 pins");
    line_is(&rig.canvas, 6, "Now     busiest pCPU 3 at 80.0 % is above the threshold of 50 %");
    line_is(&rig.canvas, 7,
            "Pins    01:00:00: 1 of 1, expected 30.0 points, not measured yet: web/0 0->7");
    line_is(&rig.canvas, 8,
            "DOMAIN                       VCPU  PCPU  USAGE%  DELAY%  STATE       ALLOWED");
    line_is(&rig.canvas, 9,
            "a \"quoted\" <name>               1     1    35.0     0.0  managed     0-7");
    line_is(&rig.canvas, 10,
            "a \"quoted\" <name>               0     0    30.0    12.5  managed     0-7");
    line_is(&rig.canvas, 11,
            "db?[31m??                       1     3    25.0     0.0  suspect     0-7");
    line_is(&rig.canvas, 23, "F1Help  F3SearchF4FilterF5Tree  F6Sort  F7DecisnF8StagesF10Quit");
    strcpy(rig.view.message, "gone");
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 0, "gone");
    rig_close(&rig);
}

static void pools_fit_80_by_24(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, make_pools());
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 1,
            "  0 0-3 [||||||||||||||||||||              :                            30.0%]F");
    line_is(&rig.canvas, 2,
            "  1 4-7 [||||||||||||||||||||||||||||||||||:================           > 120%]B");
    line_is(&rig.canvas, 3, "1 domain, 4 vCPUs on 8 pCPUs in 2 pools (4); 0 pins");
    line_is(&rig.canvas, 4,
            "Now     busiest pool 1 (4-7) at 120.0 % is above the threshold of 50 %");
    line_is(&rig.canvas, 6, "        0->1");
    line_is(&rig.canvas, 7,
            "DOMAIN                   VCPU  POOL  PCPU  USAGE%  DELAY%  STATE       ALLOWED");
    line_is(&rig.canvas, 8,
            "web                         0     1     0    90.0     0.0  managed     0-7");
    line_is(&rig.canvas, 11,
            "web                         3     -     -     0.0     0.0  floating    0-7");
    press(&rig, 'C'); /* by pool, then by pCPU */
    rows_are(&rig, "web/3 web/2 web/0 web/1");
    press(&rig, 't');
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 8, "web                         4               170.0");
    rig_close(&rig);
    ask_for(POOL_CPU, 0);
}

/* A level that the host does not have is said; pools of several for each node stand by node. */
static void pools_stand_by_node(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, make_many_pools(2, 8, 4));
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 1,
            "node 0    0 0-3   [||||||||||||||               :                       25.0%]B");
    line_is(&rig.canvas, 3,
            "node 1    2 8-11  [                             :                        0.0%]");
    line_is(&rig.canvas, 5, "1 domain, 1 vCPU on 16 pCPUs in 4 pools (4); 0 pins");
    rig_close(&rig);
    ask_for(POOL_LLC, 0);
    rig.plan = make_many_pools(2, 4, 4);
    ask_for(POOL_LLC, 0);
    rig.plan->view.level = POOL_NODE;
    rig_open(&rig, rig.plan);
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 3, "1 domain, 1 vCPU on 8 pCPUs in 2 pools (node, not llc); 0 pins");
    rig_close(&rig);
    ask_for(POOL_CPU, 0);
}

/* Too long lists of pCPUs become numbers; too many pools become digits, in groups. */
static void many_pools_fit(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, make_many_pools(2, 128, 16));
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 1,
            "node 0    0 0-15    [|         :     6.2%]B   1 16-31   [          :     0.0%]F");
    rig_close(&rig);
    rig_open(&rig, make_many_pools(2, 128, 8));
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 1, "node 0  10000000 00000000");
    line_is(&rig.canvas, 2, "node 1  00000000 00000000");
    rig_close(&rig);
    rig_open(&rig, make_many_pools(2, 64, 64));
    rig.model->pools[1].pcpus = "1,3,5,7,9,11,13,15";
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 2,
            "  1 64 pCPUs [                                :                          0.0%]F");
    line_is(&rig.canvas, 3, "1 domain, 1 vCPU on 128 pCPUs in 2 pools (64); 0 pins");
    rig_close(&rig);
    ask_for(POOL_CPU, 0);
}

static void a_full_host_and_one_that_is_stuck(void **state)
{
    for (int full = 0; full < 2; full++) {
        struct plan *plan = make_plan();
        struct rig rig;

        (void)state;
        plan->decision.pin_count = 0;
        plan->decision.reason = REASON_NO_GAIN;
        plan->decision.no_room = full;
        rig_open(&rig, plan);
        draw(&rig, 80, 24);
        line_is(&rig.canvas, 5,
                full ? "3 domains, 6 vCPUs on 8 pCPUs; 9 pins; NO ROOM"
                     : "3 domains, 6 vCPUs on 8 pCPUs; 9 pins; stuck: no-gain");
        rig_close(&rig);
    }
}

static void the_other_screens(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, make_plan());
    press(&rig, 'd');
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 1, "01:00:00    1 of  1      30.0         -  web/0 0->7");
    line_is(&rig.canvas, 2, "  busiest pCPU 3 at 80.0 % is above the threshold of 50 %");
    press(&rig, 'g');
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 1 + STAGE_PIN,
            "pin                      3     500 ns    81.9 µs    1.50 ms    2.50 s");
    press(&rig, 'h');
    draw(&rig, 80, 24);
    line_is(&rig.canvas, 0, "vcpu-top shows what vcpu-scheduler sees and does.");
    rig_close(&rig);
}

/* 128 pCPUs of 64 cores on 2 nodes, 1,000 vCPUs. */
static struct plan *make_large(void)
{
    struct plan *plan = view_make(128, 1000);

    assert_int_equal(topology_regular(&plan->view.topology, 2, 1, 32, 2), 0);
    for (uint32_t v = 0; v < 1000; v++)
        view_add(plan, (int32_t)(v % 128), v % 10);
    plan->view.domains[0].vcpu_count = 1000;
    view_close(plan);
    plan->view.pools[1].usage = 99.9;
    view_show(&plan->view);
    strcpy(plan->decision.why, "why");
    return plan;
}

static void many_pcpus_are_digits(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, make_large());
    draw(&rig, 80, 24);
    assert_memory_equal("n", rig.canvas.cells[80].text, 1);
    line_is(&rig.canvas, 5, "1 domain, 1000 vCPUs on 128 pCPUs; 0 pins");
    assert_string_equal(rig.canvas.cells[80 + 9].text, "*"); /* pCPU 1, next to its sibling */
    assert_string_equal(rig.canvas.cells[80 + 10].text, " ");
    assert_true(rig.view.height >= 10);
    draw(&rig, 200, 60); /* bars fit */
    assert_string_equal(rig.canvas.cells[200 + 11].text, "[");
    rig_close(&rig);
}

static void no_size_breaks_it(void **state)
{
    static const int keys[] = {'t', '>', TOP_KEY_ESCAPE, 'd', 'g', 'h', TOP_KEY_ESCAPE, '/', 'x'};
    struct rig rigs[4];

    (void)state;
    rig_open(&rigs[0], make_plan());
    rig_open(&rigs[1], make_large());
    rig_open(&rigs[2], make_pools());
    rig_open(&rigs[3], make_many_pools(8, 64, 4));
    for (int r = 0; r < 4; r++) {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            press(&rigs[r], keys[k]);
            press(&rigs[r], TOP_KEY_END);
            for (unsigned columns = 1; columns < 260; columns += 7) {
                for (unsigned lines = 1; lines < 70; lines += 3)
                    draw(&rigs[r], columns, lines);
            }
        }
        rig_close(&rigs[r]);
    }
    ask_for(POOL_CPU, 0);
}

/* Wide characters take two columns and are never split. */
static void a_canvas_keeps_its_columns(void **state)
{
    struct canvas canvas = {0};

    (void)state;
    assert_int_equal(canvas_clear(&canvas, 6, 2), 0);
    assert_int_equal(
        canvas_put(&canvas, 0, 0, 5, CANVAS_PLAIN, "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2"), 4);
    line_is(&canvas, 0, "\xe6\xbc\xa2\xe5\xad\x97");
    assert_int_equal(canvas_put(&canvas, 1, 4, 99, CANVAS_BOLD, "a\tb%d", 3), 6);
    line_is(&canvas, 1, "    a?");
    canvas_put(&canvas, 2, 0, 9, CANVAS_PLAIN, "outside");
    canvas_put(&canvas, 0, 6, 9, CANVAS_PLAIN, "outside");
    canvas_paint(&canvas, 1, 0, 99, CANVAS_RED);
    assert_int_equal(canvas.cells[11].style, CANVAS_RED);
    canvas_finish(&canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_understood),
        cmocka_unit_test(pools_are_understood),
        cmocka_unit_test(an_older_daemon_is_understood),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(rows_are_sorted_and_filtered),
        cmocka_unit_test(keys_move_and_lead),
        cmocka_unit_test(text_is_edited_by_characters),
        cmocka_unit_test(keys_before_the_first_answer_do_no_harm),
        cmocka_unit_test(the_main_screen_fits_80_by_24),
        cmocka_unit_test(pools_fit_80_by_24),
        cmocka_unit_test(pools_stand_by_node),
        cmocka_unit_test(many_pools_fit),
        cmocka_unit_test(a_full_host_and_one_that_is_stuck),
        cmocka_unit_test(the_other_screens),
        cmocka_unit_test(many_pcpus_are_digits),
        cmocka_unit_test(no_size_breaks_it),
        cmocka_unit_test(a_canvas_keeps_its_columns),
    };

    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
