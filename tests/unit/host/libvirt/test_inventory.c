/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains and vCPUs that come, go and come back between sweeps. */
#include "host/libvirt/inventory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct domain_record *see(struct inventory *inventory, unsigned char last, int32_t id,
                                 uint64_t sweep)
{
    const unsigned char uuid[DOMAIN_UUID_LEN] = {[0] = 0x80, [DOMAIN_UUID_LEN - 1] = last};
    struct domain_record *domain = inventory_domain(inventory, uuid, id, "guest");

    assert_non_null(domain);
    assert_int_equal(domain->id, id);
    assert_memory_equal(domain->uuid, uuid, sizeof uuid);
    domain->sweep = sweep;
    return domain;
}

static struct vcpu_record *see_vcpu(struct inventory *inventory, struct domain_record *domain,
                                    uint32_t number, bool expect_new)
{
    bool is_new;
    struct vcpu_record *vcpu = inventory_vcpu(inventory, domain, number, &is_new);

    assert_non_null(vcpu);
    assert_int_equal(is_new, expect_new);
    assert_int_equal(vcpu->number, number);
    vcpu->present = true;
    return vcpu;
}

static void a_domain_is_found_again(void **state)
{
    struct inventory inventory = {.count = 0};
    uint64_t serials[256];

    (void)state;
    for (unsigned n = 0; n < 256; n++) {
        const unsigned char last = (unsigned char)(n * 37); /* every order of insertion */

        assert_true(see(&inventory, last, 5, 1)->stale);
        serials[last] = see(&inventory, last, 5, 1)->serial;
    }
    assert_int_equal(inventory.count, 256);
    for (unsigned n = 0; n < 256; n++) {
        assert_int_equal(see(&inventory, (unsigned char)n, 5, 2)->serial, serials[n]);
        assert_true(n == 0 || memcmp(inventory.domains[n - 1]->uuid, inventory.domains[n]->uuid,
                                     DOMAIN_UUID_LEN) < 0);
    }
    inventory_finish(&inventory);
}

static void another_run_is_another_domain(void **state)
{
    struct inventory inventory = {.count = 0};
    struct domain_record *domain = see(&inventory, 1, 5, 1);
    const uint64_t serial = domain->serial, vcpu = see_vcpu(&inventory, domain, 0, true)->serial;

    (void)state;
    domain->stale = false;
    domain = see(&inventory, 1, 6, 2);
    assert_true(domain->serial > serial);
    assert_true(domain->stale);
    assert_int_equal(domain->vcpu_count, 0);
    assert_int_equal(inventory.count, 1);
    assert_true(see_vcpu(&inventory, domain, 0, true)->serial > vcpu);
    inventory_finish(&inventory);
}

static void what_a_sweep_did_not_see_goes(void **state)
{
    struct inventory inventory = {.count = 0};
    uint32_t slot;

    (void)state;
    for (unsigned char n = 0; n < 6; n++)
        see_vcpu(&inventory, see(&inventory, n, 1, n % 2 ? 9 : 8), 0, true);
    slot = see(&inventory, 2, 1, 8)->slot;
    inventory_sweep(&inventory, 9);
    assert_int_equal(inventory.count, 3);
    for (uint32_t d = 0; d < 3; d++)
        assert_int_equal(inventory.domains[d]->uuid[DOMAIN_UUID_LEN - 1], 2 * d + 1);
    assert_true(see(&inventory, 77, 1, 9)->slot <= slot); /* the lowest free one */
    inventory_finish(&inventory);
}

static void vcpus_come_and_go_with_gaps(void **state)
{
    static const uint32_t numbers[] = {7, 0, 12, 3, 100};
    struct inventory inventory = {.count = 0};
    struct domain_record *domain = see(&inventory, 1, 1, 1);
    uint64_t serial;
    uint32_t slot;

    (void)state;
    for (size_t n = 0; n < 5; n++)
        see_vcpu(&inventory, domain, numbers[n], true);
    assert_int_equal(domain->vcpu_count, 5);
    for (uint32_t v = 1; v < 5; v++)
        assert_true(domain->vcpus[v - 1].number < domain->vcpus[v].number);
    inventory_sweep_vcpus(&inventory, domain);
    assert_int_equal(domain->vcpu_count, 5);
    serial = see_vcpu(&inventory, domain, 7, false)->serial;
    slot = see_vcpu(&inventory, domain, 12, false)->slot;
    see_vcpu(&inventory, domain, 100, false);
    see_vcpu(&inventory, domain, 3, false)->present = false;
    inventory_sweep_vcpus(&inventory, domain);
    assert_int_equal(domain->vcpu_count, 3);
    assert_int_equal(see_vcpu(&inventory, domain, 7, false)->serial, serial);
    assert_int_equal(see_vcpu(&inventory, domain, 12, false)->slot, slot);
    assert_true(see_vcpu(&inventory, domain, 0, true)->serial > serial);
    inventory_finish(&inventory);
}

static void a_slot_is_nobody_elses(void **state)
{
    struct inventory inventory = {.count = 0};
    bool used[300] = {false};

    (void)state;
    for (unsigned char d = 0; d < 20; d++) {
        struct domain_record *domain = see(&inventory, d, 1, 1);

        for (uint32_t v = 0; v < 15; v++) {
            const struct vcpu_record *vcpu = see_vcpu(&inventory, domain, v, true);

            assert_in_range(vcpu->slot, 0, 299);
            assert_false(used[vcpu->slot]);
            used[vcpu->slot] = true;
            assert_false(kept_is_open(&vcpu->cgroup));
            assert_false(kept_is_open(&vcpu->schedstat));
        }
    }
    inventory_finish(&inventory);
}

static void descriptors_are_closed(void **state)
{
    struct inventory inventory = {.count = 0};
    struct domain_record *domain = see(&inventory, 1, 1, 1);
    struct vcpu_record *vcpu;
    int fds[4];

    (void)state;
    for (size_t f = 0; f < 4; f++) {
        fds[f] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_true(fds[f] >= 0);
    }
    vcpu = see_vcpu(&inventory, domain, 0, true);
    vcpu->cgroup.fd = fds[0];
    vcpu->schedstat.fd = fds[1];
    vcpu->present = false;
    vcpu = see_vcpu(&inventory, domain, 1, true);
    vcpu->cgroup.fd = fds[2];
    vcpu->schedstat.fd = fds[3];
    inventory_sweep_vcpus(&inventory, domain);
    assert_int_equal(fcntl(fds[0], F_GETFD), -1);
    assert_int_equal(fcntl(fds[1], F_GETFD), -1);
    assert_true(fcntl(fds[2], F_GETFD) >= 0);
    inventory_sweep(&inventory, 2);
    assert_int_equal(fcntl(fds[2], F_GETFD), -1);
    assert_int_equal(fcntl(fds[3], F_GETFD), -1);
    inventory_finish(&inventory);
}

static void sets_are_kept_once(void **state)
{
    struct inventory inventory = {.count = 0};
    uint64_t version;
    struct cpuset set;

    (void)state;
    for (uint32_t p = 0; p < 40; p++) {
        cpuset_clear(&set);
        cpuset_add(&set, p * 200);
        assert_int_equal(inventory_set(&inventory, &set), p);
    }
    version = inventory.sets_version;
    assert_int_equal(inventory_set(&inventory, &set), 39);
    assert_int_equal(inventory.set_count, 40);
    assert_int_equal(inventory.sets_version, version);
    cpuset_add(&set, 1);
    assert_int_equal(inventory_set(&inventory, &set), 40);
    assert_true(inventory.sets_version != version);
    assert_true(cpuset_equal(&inventory.sets[40], &set));
    inventory_finish(&inventory);
}

/* The longest possible name. */
static void a_long_name_is_kept_whole(void **state)
{
    const unsigned char uuid[DOMAIN_UUID_LEN] = {1};
    struct inventory inventory = {.count = 0};
    char name[DOMAIN_NAME_MAX + 100];

    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(strlen(inventory_domain(&inventory, uuid, 1, name)->name),
                     DOMAIN_NAME_MAX - 1);
    inventory_finish(&inventory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_is_found_again),
        cmocka_unit_test(another_run_is_another_domain),
        cmocka_unit_test(what_a_sweep_did_not_see_goes),
        cmocka_unit_test(vcpus_come_and_go_with_gaps),
        cmocka_unit_test(a_slot_is_nobody_elses),
        cmocka_unit_test(descriptors_are_closed),
        cmocka_unit_test(sets_are_kept_once),
        cmocka_unit_test(a_long_name_is_kept_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
