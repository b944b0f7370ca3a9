# Our mask ROM's timers, which run on FRC2.
#
# A list of {next, expire, period, function, argument} (SDK `ets_sys.h`, ETSTimer), the soonest first; next is -1 in one
# that is not in the list. Times are FRC2's, which counts 312.5 for a millisecond: what the SDK's `ets_timer_arm_new` passes
# to `timer_insert` (measured with NodeMCU 0.9.6).

.literal timer_list_at, timer_list
.literal timer_isr_at, timer_isr
.literal timers_at, 0x60000600
.literal edge_enable_at, 0x3ff00004

# _ets_timer_init(): FRC2 counts from 0 through its prescaler of 256, and interrupts.
_ets_timer_init:
    l32r    a4, timers_at
    movi    a5, 0
    s32i    a5, a4, 0x20            # FRC2_LOAD
    movi    a5, 0x88
    s32i    a5, a4, 0x28            # FRC2_CTRL
    l32r    a4, edge_enable_at
    l32i    a5, a4, 0
    movi    a6, 4
    or      a5, a5, a6
    s32i    a5, a4, 0
    l32r    a4, timer_list_at
    movi    a5, 0
    s32i    a5, a4, 0
    rsr     a4, INTENABLE
    movi    a5, 0x400
    or      a4, a4, a5
    wsr     a4, INTENABLE
    movi    a2, 10
    l32r    a3, timer_isr_at
    movi    a4, 0
    j       ets_isr_attach

# ets_timer_setfn(timer, function, argument)
    .align
ets_timer_setfn:
    s32i    a3, a2, 12
    s32i    a4, a2, 16
    movi    a3, 0
    s32i    a3, a2, 4
    s32i    a3, a2, 8
    movi    a3, -1
    s32i    a3, a2, 0
    ret

# ets_timer_arm(timer, milliseconds, whether to repeat)
    .align
ets_timer_arm:
    movi    a5, 625
    mull    a3, a3, a5
    srli    a3, a3, 1
    movi    a5, 0
    movnez  a5, a3, a4
    s32i    a5, a2, 8
    l32r    a4, timers_at
    l32i    a5, a4, 0x24            # FRC2_COUNT
    mov.n   a4, a2
    add     a2, a3, a5
    mov.n   a3, a4
    j       timer_insert

# timer_insert(expire, timer): where it belongs in the list, and once only
    .align
timer_insert:
    rsil    a11, 3
    l32r    a4, timer_list_at
insert_out:                         # take it out first
    l32i    a5, a4, 0
    beqz    a5, insert_in
    beq     a5, a3, insert_unlink
    mov.n   a4, a5
    j       insert_out
insert_unlink:
    l32i    a5, a5, 0
    s32i    a5, a4, 0
insert_in:
    s32i    a2, a3, 4
    l32r    a4, timer_list_at
insert_look:
    l32i    a5, a4, 0
    beqz    a5, insert_here
    l32i    a6, a5, 4
    sub     a6, a2, a6
    bltz    a6, insert_here
    mov.n   a4, a5
    j       insert_look
insert_here:
    s32i    a5, a3, 0
    s32i    a3, a4, 0
    j       timer_alarm
    .align
timer_alarm:                        # the alarm is the first timer's; restores PS from a11
    l32r    a4, timer_list_at
    l32i    a5, a4, 0
    beqz    a5, timer_alarm_set
    l32i    a5, a5, 4
    l32r    a4, timers_at
    l32i    a6, a4, 0x24
    addi    a6, a6, 1
    sub     a7, a5, a6
    bgez    a7, timer_alarm_ahead
    mov.n   a5, a6                  # over already: at once
timer_alarm_ahead:
    s32i    a5, a4, 0x30            # FRC2_ALARM
timer_alarm_set:
    wsr     a11, PS
    ret

# ets_timer_disarm(timer), ets_timer_done(timer)
    .align
ets_timer_done:
ets_timer_disarm:
    rsil    a11, 3
    l32r    a4, timer_list_at
disarm_look:
    l32i    a5, a4, 0
    beqz    a5, disarm_done
    beq     a5, a2, disarm_unlink
    mov.n   a4, a5
    j       disarm_look
disarm_unlink:
    l32i    a5, a2, 0
    s32i    a5, a4, 0
disarm_done:
    movi    a5, -1
    s32i    a5, a2, 0
    movi    a5, 0
    s32i    a5, a2, 8
    j       timer_alarm

# The interrupt handler: calls what has expired.
    .align
timer_isr:
ets_timer_handler_isr:
    addi    a1, a1, -16
    s32i    a0, a1, 0
    s32i    a12, a1, 4
    l32r    a4, timers_at
    movi    a5, 0
    s32i    a5, a4, 0x2c            # FRC2_INT
timer_isr_next:
    rsil    a11, 3
    l32r    a4, timer_list_at
    l32i    a12, a4, 0
    beqz    a12, timer_isr_done
    l32i    a5, a12, 4
    l32r    a6, timers_at
    l32i    a6, a6, 0x24
    sub     a6, a6, a5
    bltz    a6, timer_isr_done
    l32i    a6, a12, 0
    s32i    a6, a4, 0
    movi    a6, -1
    s32i    a6, a12, 0
    l32i    a6, a12, 8
    wsr     a11, PS
    beqz    a6, timer_isr_call
    add     a2, a5, a6
    mov.n   a3, a12
    call0   timer_insert
timer_isr_call:
    l32i    a2, a12, 16
    l32i    a3, a12, 12
    callx0  a3
    j       timer_isr_next
timer_isr_done:
    call0   timer_alarm
    l32i    a0, a1, 0
    l32i    a12, a1, 4
    addi    a1, a1, 16
    ret
