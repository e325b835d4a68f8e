/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ring.pml - src/base/ring.c and wakeup.c as a model: two threads, two rings, two wakeups, buffers that travel there
 * and home.
 *
 * Modelled, step by step as in ring.c: ring_try_push(), ring_push(), ring_try_pop(), and with
 * -DBY_COUNT the consumer's ring_count() as the second look; wakeup_signal(), wakeup_stop(),
 * wakeup_prepare(), wakeup_cancel(), wakeup_wait(); the eventfd as a counter that a read empties and
 * waits for. The sender takes a buffer from the ring home, writes its number into it and pushes it;
 * the receiver pops it, checks the number and pushes it home. Both sleep on their wakeups. Counters
 * count modulo 4, so that they wrap; the ring there is full with one buffer, or with -DCAPACITY=2
 * with both.
 *
 * A third thread signals the receiver's wakeup once, at any moment, so that it has two wakers as
 * the planner's has.
 *
 * Who stops: either the sender, after its last push (then all that it pushed must have been
 * received), or the third thread, both wakeups at any moment (then both threads end, and what was not
 * received is still in the ring).
 *
 * Proved by exhaustive search: no thread sleeps for ever; every run ends (the states have no
 * cycle); each buffer is in one place; numbers arrive in order, none lost, none twice; after a stop
 * the receiver has all that was pushed before the stop by the thread that stopped it.
 *
 * Not modelled: loads done earlier than the program says (of those that matter, each is an acquire
 * load or reads what an acquire load of the same thread made safe; ThreadSanitizer watches these in
 * tests/stress_ring.c), a store that two threads see at different times (IBM POWER), deadlines
 * (they can only add wake-ups), more rings than one on a wakeup, and pushing to a full ring with the
 * wakeup's help: there is none, the sampler comes again a period later.
 *
 * With -DMUTANT=n one thing is wrong, and the search must find an error: see verify.sh.
 */
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef ITEMS
#define ITEMS 3 /* pushes of the sender */
#endif
#ifndef CAPACITY
#define CAPACITY 1 /* of the ring there: 1 or 2 */
#endif

#define BUFFERS 2
#define HOME    2 /* capacity of the ring home */
#define MODULO  4
#define NONE    255
#define ASLEEP  1
#define STOPPED 2

/* Threads: they index store buffers, wakeups and eventfds. */
#define SENDER   0
#define RECEIVER 1
#define THIRD    2

/* Addresses. */
#define STATE      0 /* of the wakeups: 2 */
#define THERE_TAIL 2
#define HOME_TAIL  3
#define THERE_SLOT 4 /* 2 */
#define HOME_SLOT  6 /* 2 */
#define NUMBER     8 /* in the buffers: 2 */
#define ADDRESSES  10

/* Where a buffer is or is about to be, for the checks alone. */
#define IN_HAND  0
#define IN_THERE 1
#define IN_HOME  2

byte memory[ADDRESSES];
byte eventfd[2];

/* Store buffers, oldest first. The third thread stores nothing. */
#define DEPTH 4
byte stores[3];
byte store_at[8];
byte store_value[8];
bool store_release[8];

byte place[BUFFERS];
byte pushed, received;
bool sender_ends, receiver_ends, third_stops;

inline load(thread, address, result)
{
    d_step {
        result = memory[address];
        n = 0;
        do
        :: n < stores[thread] ->
            if
            :: store_at[thread * DEPTH + n] == address -> result = store_value[thread * DEPTH + n]
            :: else
            fi;
            n++
        :: else -> break
        od;
        n = 0
    }
}

inline store(thread, address, value, release)
{
    d_step {
        stores[thread] < DEPTH ->
        store_at[thread * DEPTH + stores[thread]] = address;
        store_value[thread * DEPTH + stores[thread]] = value;
        store_release[thread * DEPTH + stores[thread]] = release;
        stores[thread]++
    }
}

/* old := memory[address]; memory[address] := (old & keep) | set */
inline modify(thread, address, keep, set)
{
    d_step {
        stores[thread] == 0 ->
        old = memory[address];
        memory[address] = (old & keep) | set
    }
}

/* The i-th store of a thread may become visible now. */
#define SAME(t, i, j) (store_at[(t) * DEPTH + (i)] == store_at[(t) * DEPTH + (j)])
#define FREE(t, i)                                                                                 \
    ((i) == 0 || (!store_release[(t) * DEPTH + (i)] && !SAME(t, i, 0) &&                           \
                  ((i) < 2 || !SAME(t, i, 1)) && ((i) < 3 || !SAME(t, i, 2))))

inline flush(thread, i)
{
    memory[store_at[thread * DEPTH + i]] = store_value[thread * DEPTH + i];
    n = i;
    do
    :: n + 1 < stores[thread] ->
        store_at[thread * DEPTH + n] = store_at[thread * DEPTH + n + 1];
        store_value[thread * DEPTH + n] = store_value[thread * DEPTH + n + 1];
        store_release[thread * DEPTH + n] = store_release[thread * DEPTH + n + 1];
        n++
    :: else -> break
    od;
    store_at[thread * DEPTH + n] = 0;
    store_value[thread * DEPTH + n] = 0;
    store_release[thread * DEPTH + n] = false;
    stores[thread]--;
    n = 0
}

proctype drain(byte thread)
{
    byte n;

end:
    do
    :: d_step { stores[thread] > 0 -> flush(thread, 0) }
    :: d_step { stores[thread] > 1 && FREE(thread, 1) -> flush(thread, 1) }
    :: d_step { stores[thread] > 2 && FREE(thread, 2) -> flush(thread, 2) }
    :: d_step { stores[thread] > 3 && FREE(thread, 3) -> flush(thread, 3) }
    od
}

/* wakeup_signal() */
inline signal_wakeup(thread, whose)
{
#if MUTANT == 2
    load(thread, STATE + whose, old);
#elif MUTANT == 10
    load(thread, STATE + whose, old);
    if
    :: old & ASLEEP -> modify(thread, STATE + whose, STOPPED, 0)
    :: else
    fi;
#else
    modify(thread, STATE + whose, STOPPED, 0);
#endif
    if
    :: old & ASLEEP -> eventfd[whose]++
    :: else
    fi;
    old = 0
}

/* wakeup_stop() */
inline stop_wakeup(thread, whose)
{
#if MUTANT == 9
    load(thread, STATE + whose, old);
    memory[STATE + whose] = old | STOPPED;
#else
    modify(thread, STATE + whose, 255, STOPPED);
#endif
    if
    :: (old & ASLEEP) && MUTANT != 3 -> eventfd[whose]++
    :: else
    fi;
    old = 0
}

/* wakeup_prepare() */
inline announce(thread)
{
#if MUTANT == 6
    load(thread, STATE + thread, old);
    store(thread, STATE + thread, old | ASLEEP, true);
#else
    modify(thread, STATE + thread, 255, ASLEEP);
#endif
    old = 0
}

/* wakeup_cancel() */
inline awake(thread)
{
#if MUTANT == 4
    load(thread, STATE + thread, old);
    store(thread, STATE + thread, old & STOPPED, true);
#else
    modify(thread, STATE + thread, STOPPED, 0);
#endif
    old = 0
}

/* wakeup_wait() without a deadline */
inline wait(thread, goes_on)
{
    load(thread, STATE + thread, old);
    if
    :: old & STOPPED
    :: else -> d_step { eventfd[thread] > 0 -> eventfd[thread] = 0 }
    fi;
    modify(thread, STATE + thread, STOPPED, 0);
    goes_on = !(old & STOPPED);
    old = 0
}

/* ring_try_push() */
inline try_push(thread, TAIL, SLOT, capacity, tail, item, done)
{
    load(thread, SLOT + tail % capacity, seen);
    done = seen == NONE || MUTANT == 11;
    seen = 0;
    if
    :: done ->
        store(thread, SLOT + tail % capacity, item, MUTANT != 5);
        tail = (tail + 1) % MODULO;
        store(thread, TAIL, tail, true)
    :: else
    fi
}

/* ring_try_pop() */
inline try_pop(thread, SLOT, capacity, head, item)
{
    load(thread, SLOT + head % capacity, item);
    if
    :: item != NONE ->
#if MUTANT != 7
        store(thread, SLOT + head % capacity, NONE, true);
#endif
        head = (head + 1) % MODULO
    :: else
    fi
}

/* Between announcement and sleep. found: something came. */
inline second_look(thread, TAIL, SLOT, capacity, head, item, found)
{
    found = false;
#if MUTANT != 1
#ifdef BY_COUNT
    load(thread, TAIL, seen);
    /* ring_count(), also where the tail is one behind */
    found = seen != head && (seen + 1) % MODULO != head;
    seen = 0
#else
    try_pop(thread, SLOT, capacity, head, item);
    found = item != NONE
#endif
#endif
}

/* Pops, sleeping until there is something, as a stage's loop does. item is NONE when stopped. */
inline take(thread, TAIL, SLOT, capacity, head, item)
{
    try_pop(thread, SLOT, capacity, head, item);
    goes_on = true;
    do
    :: item != NONE || !goes_on -> break
    :: else ->
        announce(thread);
        second_look(thread, TAIL, SLOT, capacity, head, item, found);
        if
        :: found -> awake(thread)
        :: else -> wait(thread, goes_on)
        fi;
        if
        :: item == NONE && (goes_on || MUTANT != 8) -> try_pop(thread, SLOT, capacity, head, item)
        :: else
        fi
    od
}

proctype sender()
{
    byte n, old, seen, item;
    byte tail, head; /* of the ring there; of the ring home */
    bool goes_on, done, found;

    do
    :: pushed < ITEMS ->
        take(SENDER, HOME_TAIL, HOME_SLOT, HOME, head, item);
        if
        :: item == NONE -> break
        :: else
        fi;
        d_step {
            assert(place[item] == IN_HOME);
            place[item] = IN_THERE
        };
        store(SENDER, NUMBER + item, pushed, false);
again:
        try_push(SENDER, THERE_TAIL, THERE_SLOT, CAPACITY, tail, item, done);
        if
        :: !done ->
            /* Full: tries again when that has changed, as the sampler does in a later period. */
            if
            :: stores[SENDER] == 0 && memory[THERE_SLOT + tail % CAPACITY] == NONE -> goto again
            :: memory[STATE + SENDER] & STOPPED -> place[item] = IN_HAND; break
            fi
        :: else
        fi;
        d_step {
            pushed++;
            item = 0
        };
        signal_wakeup(SENDER, RECEIVER)
    :: else -> break
    od;
    if
    :: !third_stops -> stop_wakeup(SENDER, RECEIVER)
    :: else
    fi;
    sender_ends = true
}

proctype receiver()
{
    byte n, old, seen, item, number;
    byte head, tail = BUFFERS; /* of the ring there; of the ring home */
    bool goes_on, done, found;

    do
    :: take(RECEIVER, THERE_TAIL, THERE_SLOT, CAPACITY, head, item);
        if
        :: item == NONE -> break
        :: else
        fi;
        load(RECEIVER, NUMBER + item, number);
        d_step {
            assert(number == received);
            assert(place[item] == IN_THERE);
            received++;
            place[item] = IN_HOME;
            number = 0
        };
        try_push(RECEIVER, HOME_TAIL, HOME_SLOT, HOME, tail, item, done);
        assert(done);
        item = 0;
        signal_wakeup(RECEIVER, SENDER)
    od;
    receiver_ends = true
}

/* A second waker of the receiver, one that has nothing for it; perhaps it stops both. */
proctype third()
{
    byte n, old;

    signal_wakeup(THIRD, RECEIVER);
    if
    :: !third_stops
    :: third_stops -> stop_wakeup(THIRD, SENDER); stop_wakeup(THIRD, RECEIVER)
    :: third_stops -> stop_wakeup(THIRD, RECEIVER); stop_wakeup(THIRD, SENDER)
    fi
}

init
{
    atomic {
        memory[THERE_SLOT] = NONE;
        memory[THERE_SLOT + 1] = NONE;
        memory[HOME_TAIL] = BUFFERS;
        memory[HOME_SLOT] = 0;
        memory[HOME_SLOT + 1] = 1;
        place[0] = IN_HOME;
        place[1] = IN_HOME;
        if
        :: third_stops = true
        :: third_stops = false
        fi;
        run drain(SENDER);
        run drain(RECEIVER);
        run sender();
        run receiver();
        run third()
    };

    sender_ends && receiver_ends && stores[SENDER] == 0 && stores[RECEIVER] == 0;
#define HELD(slot) ((memory[slot] != NONE) + (memory[slot + 1] != NONE))
    assert(pushed - received == HELD(THERE_SLOT));
    assert(HELD(THERE_SLOT) == (place[0] == IN_THERE) + (place[1] == IN_THERE));
    assert(HELD(HOME_SLOT) == (place[0] == IN_HOME) + (place[1] == IN_HOME));
    assert(third_stops || (pushed == ITEMS && received == ITEMS))
}
