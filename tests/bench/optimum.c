/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * optimum.c - the model: x[v][p] is 1 if vCPU v is on pCPU p, for one allowed p of each v. e[p] is
 * at least 0 and at least L[p] - above; if the highest load is the goal, there is one e for all
 * pCPUs. At least vcpus - moves of the x[v][start of v] are 1.
 */
#include "optimum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef HAVE_GLPK
#include <glpk.h>
#endif

#define MOST_MS 1000
/* Values that differ by less are equal (percent of a pCPU). */
#define SAME 1e-6

double goal_value(const struct goal *goal, const struct placing *placing, const int32_t *at)
{
    double load[OPTIMUM_PCPUS] = {0}, sum = 0, most = 0;

    for (uint32_t v = 0; v < placing->vcpus; v++)
        load[at[v]] += placing->demand[v];
    for (uint32_t p = 0; p < placing->pcpus; p++) {
        const double above = fmax(0, load[p] - goal->above);

        sum += above;
        most = fmax(most, above);
    }
    return goal->highest ? most : sum;
}

#ifdef HAVE_GLPK

bool goal_solver(void)
{
    return true;
}

/* Numbers of columns, from 1 as GLPK has them: x[v][p] row by row, then e. */
static int x_of(const struct placing *placing, uint32_t vcpu, uint32_t pcpu)
{
    return (int)(1 + vcpu * placing->pcpus + pcpu);
}

static int e_of(const struct goal *goal, const struct placing *placing, uint32_t pcpu)
{
    return (int)(1 + placing->vcpus * placing->pcpus + (goal->highest ? 0 : pcpu));
}

static void add_columns(glp_prob *model, const struct goal *goal, const struct placing *placing)
{
    const int excesses = goal->highest ? 1 : (int)placing->pcpus;

    glp_add_cols(model, (int)(placing->vcpus * placing->pcpus) + excesses);
    for (uint32_t v = 0; v < placing->vcpus; v++) {
        for (uint32_t p = 0; p < placing->pcpus; p++) {
            const int x = x_of(placing, v, p);

            glp_set_col_kind(model, x, GLP_BV);
            if (!(placing->allowed[v] >> p & 1))
                glp_set_col_bnds(model, x, GLP_FX, 0, 0);
        }
    }
    for (int e = 0; e < excesses; e++) {
        glp_set_col_bnds(model, e_of(goal, placing, 0) + e, GLP_LO, 0, 0);
        glp_set_obj_coef(model, e_of(goal, placing, 0) + e, 1);
    }
}

static void add_row(glp_prob *model, int type, double low, double high, int count,
                    const int *columns, const double *factors)
{
    const int row = glp_add_rows(model, 1);

    glp_set_row_bnds(model, row, type, low, high);
    glp_set_mat_row(model, row, count, columns, factors);
}

static void add_rows(glp_prob *model, const struct goal *goal, const struct placing *placing,
                     uint32_t moves, double reached)
{
    const int vcpus = (int)placing->vcpus, pcpus = (int)placing->pcpus;
    int columns[OPTIMUM_VCPUS + OPTIMUM_PCPUS + 2];
    double ones[OPTIMUM_VCPUS + OPTIMUM_PCPUS + 2], factors[OPTIMUM_VCPUS + 2];

    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)
        ones[i] = 1;
    for (int v = 0; v < vcpus; v++) {
        for (int p = 0; p < pcpus; p++)
            columns[p + 1] = x_of(placing, (uint32_t)v, (uint32_t)p);
        add_row(model, GLP_FX, 1, 1, pcpus, columns, ones);
    }
    for (int p = 0; p < pcpus; p++) {
        for (int v = 0; v < vcpus; v++) {
            columns[v + 1] = x_of(placing, (uint32_t)v, (uint32_t)p);
            factors[v + 1] = placing->demand[v];
        }
        columns[vcpus + 1] = e_of(goal, placing, (uint32_t)p);
        factors[vcpus + 1] = -1;
        add_row(model, GLP_UP, 0, goal->above, vcpus + 1, columns, factors);
    }
    for (int v = 0; v < vcpus; v++)
        columns[v + 1] = x_of(placing, (uint32_t)v, (uint32_t)placing->start[v]);
    add_row(model, GLP_LO, vcpus - (double)moves, 0, vcpus, columns, ones);
    /* Branches worse than what is known are not searched. */
    for (int p = 0; p < pcpus; p++)
        columns[p + 1] = e_of(goal, placing, (uint32_t)p);
    add_row(model, GLP_UP, 0, reached + SAME, goal->highest ? 1 : pcpus, columns, ones);
}

/* Keeps the bound of the branches still to be searched. */
static void look(glp_tree *tree, void *opaque)
{
    const int best = glp_ios_best_node(tree);

    if (best)
        *(double *)opaque = glp_ios_node_bound(tree, best);
}

double goal_least(const struct goal *goal, const struct placing *placing, uint32_t moves,
                  double reached, bool *proved)
{
    glp_prob *model;
    glp_iocp settings;
    double bound = 0, least;
    int rc;

    *proved = true;
    if (reached < SAME)
        return 0;
    model = glp_create_prob();
    glp_set_obj_dir(model, GLP_MIN);
    add_columns(model, goal, placing);
    add_rows(model, goal, placing, moves, reached);
    glp_init_iocp(&settings);
    settings.msg_lev = GLP_MSG_OFF;
    settings.presolve = GLP_ON;
    settings.tm_lim = MOST_MS;
    settings.cb_func = look;
    settings.cb_info = &bound;
    rc = glp_intopt(model, &settings);
    *proved = rc == 0 && glp_mip_status(model) == GLP_OPT;
    if (!*proved && rc != GLP_ETMLIM) {
        fprintf(stderr, "bench_optimum: GLPK gives up: %d, %d\n", rc, glp_mip_status(model));
        exit(EXIT_FAILURE);
    }
    least = *proved ? glp_mip_obj_val(model) : bound;
    glp_delete_prob(model);
    return fmin(fmax(least, 0), reached);
}

#else

bool goal_solver(void)
{
    return false;
}

double goal_least(const struct goal *goal, const struct placing *placing, uint32_t moves,
                  double reached, bool *proved)
{
    (void)goal;
    (void)placing;
    (void)moves;
    (void)reached;
    (void)proved;
    abort();
}

#endif
