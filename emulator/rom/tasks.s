# Our mask ROM's tasks. Some programs have a loop of their own that looks into these tables, so they lie where the chip's
# ROM has them, in its layout. Source: RIOT, cpu/esp8266 `ets_task.h` (names, offsets, addresses).
#
# Each of the priorities 1 to 32 has {function, queue, length, put, get, pending, mask}: words but for the four bytes in the
# middle. A queue holds (signal, parameter) pairs. A bit of `task_mask` says that a task has something pending.

.literal task_table_at, task_table
.literal task_mask_at, task_mask
.literal task_priority_at, task_priority
.literal idle_at, idle_callback

# _ets_task(function, priority, queue, length)
_ets_task:
    addi    a3, a3, -1
    bgeui   a3, 32, task_none
    l32r    a6, task_table_at
    slli    a7, a3, 4
    add     a6, a6, a7
    s32i    a2, a6, 0
    s32i    a4, a6, 4
    extui   a5, a5, 0, 8
    s32i    a5, a6, 8               # length; nothing put, got or pending
    movi    a7, 1
    ssl     a3
    sll     a7, a7
    s32i    a7, a6, 12
task_none:
    ret

# _ets_post(priority, signal, parameter) -> 0, or 1 where the queue is full
_ets_post:
    addi    a2, a2, -1
    bgeui   a2, 32, post_refused
    l32r    a5, task_table_at
    slli    a6, a2, 4
    add     a5, a5, a6
    rsil    a11, 3
    l8ui    a6, a5, 11
    l8ui    a7, a5, 8
    bltu    a6, a7, post_fits
    wsr     a11, PS
post_refused:
    movi    a2, 1
    ret
post_fits:
    addi    a6, a6, 1
    s8i     a6, a5, 11
    l8ui    a8, a5, 9
    l32i    a9, a5, 4
    addx8   a9, a8, a9
    s32i    a3, a9, 0
    s32i    a4, a9, 4
    addi    a8, a8, 1
    bltu    a8, a7, post_placed
    movi    a8, 0
post_placed:
    s8i     a8, a5, 9
    l32i    a6, a5, 12
    l32r    a7, task_mask_at
    l32i    a8, a7, 0
    or      a8, a8, a6
    s32i    a8, a7, 0
    movi    a2, 0
    wsr     a11, PS
    ret

# _ets_set_idle_cb(function, argument)
_ets_set_idle_cb:
    l32r    a4, idle_at
    s32i    a2, a4, 0
    s32i    a3, a4, 4
    ret

# _ets_run(): never returns. Looks for work and waits with interrupts locked, or a wake-up would be lost in between.
_ets_run:
    l32r    a15, task_priority_at
    movi    a2, 0
    s8i     a2, a15, 0
    rsil    a2, 3
    l32r    a12, task_mask_at
    l32i    a13, a12, 0
    bnez    a13, run_task
    rsil    a2, 0
    l32r    a3, idle_at
    l32i    a4, a3, 0
    beqz    a4, run_wait
    l32i    a2, a3, 4
    callx0  a4
run_wait:
    rsil    a2, 3
    l32i    a13, a12, 0
    bnez    a13, run_task
    waiti   0
    j       _ets_run
run_task:
    nsau    a3, a13
    movi    a4, 32
    sub     a4, a4, a3              # the highest priority that has something pending
    s8i     a4, a15, 0
    addi    a4, a4, -1
    slli    a4, a4, 4
    l32r    a14, task_table_at
    add     a14, a14, a4
    l8ui    a4, a14, 10
    l32i    a5, a14, 4
    addx8   a2, a4, a5
    addi    a4, a4, 1
    l8ui    a6, a14, 8
    bltu    a4, a6, run_taken
    movi    a4, 0
run_taken:
    s8i     a4, a14, 10
    l8ui    a4, a14, 11
    addi    a4, a4, -1
    s8i     a4, a14, 11
    bnez    a4, run_call
    l32i    a5, a14, 12
    or      a13, a13, a5
    xor     a13, a13, a5
    s32i    a13, a12, 0
run_call:
    l32i    a5, a14, 0
    rsil    a3, 0
    callx0  a5
    j       _ets_run
