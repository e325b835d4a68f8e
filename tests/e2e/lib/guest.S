/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest.S - a guest that is nothing but load: each vCPU is busy for a set share of every 100 ms.
 *
 * A multiboot kernel (GNU Multiboot Specification 0.6.96) without a disk, a driver or paging. The last word of
 * its command line is the schedule: vCPUs are set apart by '/', phases of a vCPU by ',', and a phase is
 * PERCENT or PERCENTxSECONDS: "20x30,80x30/50" has vCPU 0 use 20 % for 30 s, then 80 % for 30 s, and so on,
 * and all others 50 %. A phase without seconds lasts. At most 64 vCPUs of 16 phases.
 *
 * Each vCPU writes a '+' to the serial port when it starts. It is busy until it has had its share: time in which it
 * did not run, seen as a gap in the TSC, does not count. What it does not get within the 100 ms is lost. Writable
 * data stand on pages of their own: beside code they would have QEMU translate that code again and again.
 */
#define LAPIC         0xfee00000 /* Intel SDM vol. 3A, table 11-1: offsets of its registers */
#define LAPIC_ID      (LAPIC + 0x020)
#define LAPIC_EOI     (LAPIC + 0x0b0)
#define LAPIC_SVR     (LAPIC + 0x0f0)
#define LAPIC_ICR     (LAPIC + 0x300)
#define LAPIC_ICR_TO  (LAPIC + 0x310)
#define LAPIC_TIMER   (LAPIC + 0x320)
#define LAPIC_COUNT   (LAPIC + 0x380)
#define LAPIC_NOW     (LAPIC + 0x390)
#define LAPIC_DIVIDE  (LAPIC + 0x3e0)
#define ICR_INIT      0x4500
#define ICR_STARTUP   (0x4600 | TRAMPOLINE >> 12)
#define TRAMPOLINE    0x8000
#define SERIAL        0x3f8
#define HOTPLUG       0xaf00    /* QEMU docs/specs/acpi_cpu_hotplug.rst, machine "pc" */
#define LAPIC_SLOT    100000000 /* 100 ms: QEMU's and KVM's LAPIC timer counts nanoseconds */
#define SLOTS_A_SECOND 10
#define STAGGER       37        /* hundredths of a slot between the begins of two vCPUs */
#define VCPUS         64
#define ROW_SHIFT     7         /* 16 phases of 8 bytes */
#define STACK_SHIFT   8
#define VECTOR_TIMER  0x20
#define VECTOR_SPURIOUS 0x2f
#define CODE          0x08
#define DATA          0x10

    .text
image: /* linked to 1 MiB: the interrupt gates below rely on it */
    .balign 4
    .long   0x1badb002, 0, -0x1badb002

    .globl  start
start: /* vCPU 0, protected mode, %ebx: the multiboot information */
    cli
    movl    $stacks + (1 << STACK_SHIFT), %esp
    movl    16(%ebx), %esi
    call    parse_schedule
    movb    $0xff, %al /* both PICs: nothing */
    outb    %al, $0x21
    outb    %al, $0xa1
    movl    $trampoline, %esi
    movl    $TRAMPOLINE, %edi
    movl    $trampoline_end - trampoline, %ecx
    cld
    rep movsb
    call    calibrate
    lgdt    gdt_register
    ljmp    $CODE, $vcpu

/* Every vCPU comes here, with nothing but the code segment set. */
vcpu:
    movl    $DATA, %eax
    movl    %eax, %ds
    movl    %eax, %es
    movl    %eax, %ss
    movl    LAPIC_ID, %ebx
    shrl    $24, %ebx
    leal    1(%ebx), %esp
    shll    $STACK_SHIFT, %esp
    addl    $stacks, %esp
    lidt    idt_register
    movl    $0x100 | VECTOR_SPURIOUS, LAPIC_SVR
    movl    $0xb, LAPIC_DIVIDE
    movl    $VECTOR_TIMER, LAPIC_TIMER
    movb    $1, up(%ebx)
    movl    $SERIAL, %edx
    movb    $'+', %al
    outb    %al, %dx

    movl    $-1, %ebp

/* %ebx: this vCPU, %ebp: the last slot it did its share of, in all that follows. */
work:
    call    clock
    cmpl    %ebp, %eax
    je      rest
    movl    %eax, %ebp
    movl    slot, %ecx
    subl    %edx, %ecx
    pushl   %ecx
    testl   %ebx, %ebx
    jnz     1f
    call    tend
1:  call    share
    mull    slot_percent
    movl    %eax, %esi
    popl    %ecx
    rdtsc
    movl    %eax, %edi
2:  rdtsc /* %esi: TSC ticks still to be had, %ecx: to the end of the slot, %edi: the TSC before */
    movl    %eax, %edx
    subl    %edi, %eax
    movl    %edx, %edi
    subl    %eax, %ecx
    jbe     work
    cmpl    gap, %eax
    ja      2b
    subl    %eax, %esi
    ja      2b
    jmp     work
rest: /* until the slot ends, of which %edx ticks have passed; a wake-up too early comes here again */
    movl    slot, %eax
    subl    %edx, %eax
    movl    $LAPIC_SLOT, %ecx
    mull    %ecx
    divl    slot
    incl    %eax
    movl    %eax, LAPIC_COUNT
    sti
    hlt
    cli
    jmp     work

/* %eax := the slot it is, %edx := TSC ticks since it began. */
clock:
    imull   $STAGGER, %ebx, %eax
    xorl    %edx, %edx
    movl    $100, %ecx
    divl    %ecx
    movl    %edx, %eax
    mull    slot_percent
    movl    %eax, %ecx
    movl    %edx, %edi
    rdtsc
    subl    begin, %eax
    sbbl    begin + 4, %edx
    addl    %ecx, %eax
    adcl    %edi, %edx
    divl    slot
    ret

/* %eax: the slot it is; := the percent of it to be busy. */
share:
    movl    rows, %ecx
    decl    %ecx
    cmpl    %ecx, %ebx
    jae     1f
    movl    %ebx, %ecx
1:  xorl    %edx, %edx
    divl    row_slots(,%ecx,4)
    shll    $ROW_SHIFT, %ecx
2:  cmpl    phases + 4(%ecx), %edx
    jb      3f
    addl    $8, %ecx
    jmp     2b
3:  movl    phases(%ecx), %eax
    ret

/*
 * vCPU 0, once a second: starts the vCPUs that are not up (at boot all the others, later those plugged in), and
 * lets go those that are to be unplugged. %eax (the slot it is) is kept. Running vCPUs get no interrupt. An
 * INIT and a start-up to nobody are lost, and virtual CPUs need no pause between the two.
 */
tend:
    pushl   %eax
    cmpl    tend_at, %eax
    jb      4f
    addl    $SLOTS_A_SECOND, %eax
    movl    %eax, tend_at
    movl    $1, %ecx
1:  cmpb    $0, up(%ecx)
    jne     2f
    movl    %ecx, %eax
    shll    $24, %eax
    movl    %eax, LAPIC_ICR_TO
    movl    $ICR_INIT, LAPIC_ICR
    movl    $ICR_STARTUP, LAPIC_ICR
2:  incl    %ecx
    cmpl    $VCPUS, %ecx
    jb      1b
    xorl    %eax, %eax /* select vCPU 0 (the first time: leave the legacy interface), then the next with an event */
    movl    $HOTPLUG, %edx
    outb    %al, %dx
    movl    $HOTPLUG + 5, %edx
    outb    %al, %dx
    movl    $HOTPLUG + 4, %edx
    inb     %dx, %al
    testb   $2, %al
    jz      3f
    movb    $2, %al /* plugged in: seen; another event of it is for the next time */
    outb    %al, %dx
3:  testb   $4, %al
    jz      4f
    movl    $HOTPLUG + 8, %edx
    inl     %dx, %eax
    cmpl    $VCPUS, %eax
    jae     4f
    movb    $0, up(%eax)
    movl    $HOTPLUG + 4, %edx
    movb    $4, %al /* to be unplugged: seen, then let go */
    outb    %al, %dx
    movb    $8, %al
    outb    %al, %dx
4:  popl    %eax
    ret

/* Measures a slot in TSC ticks against the LAPIC timer, again if it was kept from running for long. */
calibrate:
    movl    $0x100 | VECTOR_SPURIOUS, LAPIC_SVR
    movl    $0xb, LAPIC_DIVIDE
    movl    $0x10000, LAPIC_TIMER
1:  movl    $-1, LAPIC_COUNT
    movl    LAPIC_NOW, %ebx
    rdtsc
    movl    %eax, %esi
    movl    %edx, %edi
2:  movl    %ebx, %ecx
    subl    LAPIC_NOW, %ecx
    cmpl    $LAPIC_SLOT, %ecx
    jb      2b
    rdtsc
    movl    %eax, begin
    movl    %edx, begin + 4
    subl    %esi, %eax
    sbbl    %edi, %edx
    jnz     1b
    movl    $LAPIC_SLOT, %edx
    mull    %edx
    divl    %ecx
    movl    %eax, slot
    xorl    %edx, %edx
    movl    $100, %ecx
    divl    %ecx
    movl    %eax, slot_percent
    shrl    $2, %eax
    movl    %eax, gap
    ret

/* %esi: the command line, of which the last word counts: QEMU puts the file's name first. */
parse_schedule:
    movl    %esi, %edi
1:  movb    (%edi), %al
    testb   %al, %al
    jz      2f
    incl    %edi
    cmpb    $' ', %al
    jne     1b
    movl    %edi, %esi
    jmp     1b
2:  xorl    %ebp, %ebp
next_row:
    movl    %ebp, %edi
    shll    $ROW_SHIFT, %edi
    xorl    %ecx, %ecx /* slots so far */
next_phase:
    call    parse_number
    movl    %eax, phases(%edi)
    movl    $1 << 30, %eax /* three years */
    cmpb    $'x', (%esi)
    jne     3f
    incl    %esi
    call    parse_number
    imull   $SLOTS_A_SECOND, %eax
3:  addl    %eax, %ecx
    movl    %ecx, phases + 4(%edi)
    addl    $8, %edi
    lodsb
    cmpb    $',', %al
    je      next_phase
    movl    %ecx, row_slots(,%ebp,4)
    incl    %ebp
    cmpb    $'/', %al
    je      next_row
    movl    %ebp, rows
    ret

parse_number:
    xorl    %eax, %eax
1:  movzbl  (%esi), %edx
    subl    $'0', %edx
    cmpl    $9, %edx
    ja      2f
    imull   $10, %eax
    addl    %edx, %eax
    incl    %esi
    jmp     1b
2:  ret

timer:
    movl    $0, LAPIC_EOI
spurious:
    iret

/* Where a started vCPU begins, in real mode at TRAMPOLINE. */
    .code16
trampoline:
    cli
    lgdtl   %cs:gdt_register - trampoline
    movl    %cr0, %eax
    andl    $~0x60000000, %eax /* caches on */
    orb     $1, %al
    movl    %eax, %cr0
    ljmpl   $CODE, $vcpu
gdt_register:
    .word   gdt_end - gdt - 1
    .long   gdt
trampoline_end:
    .code32

    .balign 8
gdt:
    .quad   0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_end:
    .macro  gate handler
    .word   \handler - image, CODE, 0x8e00, 0x0010
    .endm
idt:
    .fill   VECTOR_TIMER, 8, 0
    gate    timer
    .fill   VECTOR_SPURIOUS - VECTOR_TIMER - 1, 8, 0
    gate    spurious
idt_end:
idt_register:
    .word   idt_end - idt - 1
    .long   idt

    .bss
    .balign 4096
begin:        .skip 8 /* TSC when slot 0 of vCPU 0 began */
slot:         .skip 4 /* TSC ticks in 100 ms, and in a hundredth of that */
slot_percent: .skip 4
gap:          .skip 4 /* more ticks than this between two readings: did not run meanwhile */
tend_at:      .skip 4
rows:         .skip 4
row_slots:    .skip 4 * VCPUS
up:           .skip 256 /* by APIC id */
phases:       .skip VCPUS << ROW_SHIFT /* percent, slot of the row where the phase ends */
    .balign 4096
stacks:       .skip VCPUS << STACK_SHIFT

    .section .note.GNU-stack, "", @progbits
