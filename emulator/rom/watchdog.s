# Our mask ROM's watchdog switches. Nothing of it is in use until a program asks: the SDK has its own.
#
# Modes: 1 a software timer feeds it, 2 its interrupt does, 3 it resets after one stage, 4 after two. Sources: the article
# "Reverse engineering of the ESP8266 watchdog timer" of Mongoose OS (modes, arguments, periods), Arduino's `eboot.c` (what
# `ets_wdt_disable` gives back before anything was enabled), pvvx's esp8266web `bios.h` (where mode and arguments are kept).

.literal wdt_mode_at, wdt_mode
.literal wdt_periods_at, wdt_periods
.literal wdt_timer_at, 0x3fffdde0
.literal wdt_feed_at, wdt_feed
.literal wdt_at, 0x60000900
.literal wdt_edge_enable_at, 0x3ff00004

# ets_wdt_init(): no mode was ever chosen.
ets_wdt_init:
    l32r    a3, wdt_mode_at
    movi    a4, -1
    s32i    a4, a3, 0
    ret

ets_wdt_get_mode:
    l32r    a2, wdt_mode_at
    l32i    a2, a2, 0
    ret

# ets_wdt_enable(mode, first, second). A stage lasts 1.6 s where 3 is asked for, 3.3 s for 6, 6.6 s for 12: in mode 2 by
# `first`, else by `second`. In mode 1 `first` is how often it is fed, in microseconds.
ets_wdt_enable:
    addi    a1, a1, -16
    s32i    a0, a1, 0
    s32i    a12, a1, 4
    s32i    a13, a1, 8
    s32i    a14, a1, 12
    mov.n   a12, a2
    mov.n   a13, a3
    mov.n   a14, a4
    call0   ets_wdt_disable
    addi    a3, a12, -1
    bgeui   a3, 4, wdt_enabled      # no such mode: it stays disabled
    l32r    a3, wdt_mode_at
    s32i    a12, a3, 0
    l32r    a3, wdt_periods_at
    s32i    a13, a3, 0
    s32i    a14, a3, 4
    mov.n   a2, a14
    bnei    a12, 2, wdt_period
    mov.n   a2, a13
wdt_period:
    movi    a3, 13
    bnei    a2, 6, wdt_not_6
    movi    a3, 12
wdt_not_6:
    bnei    a2, 3, wdt_not_3
    movi    a3, 11
wdt_not_3:
    l32r    a4, wdt_at
    s32i    a3, a4, 0x04            # WDT_OP
    s32i    a3, a4, 0x08            # WDT_OP_ND
    movi    a5, 0x39
    bbci    a12, 0, wdt_stages
    movi    a5, 0x3d                # one stage only
wdt_stages:
    s32i    a5, a4, 0x00            # WDT_CTL
    beqi    a12, 1, wdt_by_timer
    bnei    a12, 2, wdt_enabled
    l32r    a3, wdt_edge_enable_at
    l32i    a4, a3, 0
    movi    a5, 1
    or      a4, a4, a5
    s32i    a4, a3, 0
    movi    a2, 8
    l32r    a3, wdt_feed_at
    call0   ets_isr_attach
    movi    a2, 0x100
    call0   ets_isr_unmask
wdt_enabled:
    l32i    a0, a1, 0
    l32i    a12, a1, 4
    l32i    a13, a1, 8
    l32i    a14, a1, 12
    addi    a1, a1, 16
    ret
wdt_by_timer:
    l32r    a2, wdt_timer_at
    l32r    a3, wdt_feed_at
    call0   ets_timer_setfn
    mov.n   a2, a13
    movi    a3, 1000
    call0   rom.__udivsi3
    mov.n   a3, a2
    l32r    a2, wdt_timer_at
    movi    a4, 1
    call0   ets_timer_arm
    j       wdt_enabled

    .align
wdt_feed:
    l32r    a3, wdt_at
    movi    a4, 0x73
    s32i    a4, a3, 0x14            # WDT_RST
    ret

# ets_wdt_disable() -> the mode it was in
    .align
ets_wdt_disable:
    addi    a1, a1, -16
    s32i    a0, a1, 0
    s32i    a12, a1, 4
    l32r    a3, wdt_at
    l32i    a4, a3, 0x00            # WDT_CTL
    movi    a5, -2
    and     a4, a4, a5
    s32i    a4, a3, 0x00
    call0   wdt_feed
    l32r    a3, wdt_mode_at
    l32i    a12, a3, 0
    movi    a4, 0
    s32i    a4, a3, 0
    bnei    a12, 1, wdt_no_timer
    l32r    a2, wdt_timer_at
    call0   ets_timer_disarm
wdt_no_timer:
    bnei    a12, 2, wdt_no_interrupt
    movi    a2, 0x100
    call0   ets_isr_mask
wdt_no_interrupt:
    mov.n   a2, a12
    l32i    a0, a1, 0
    l32i    a12, a1, 4
    addi    a1, a1, 16
    ret

# ets_wdt_restore(mode that ets_wdt_disable gave back): with the periods of before
ets_wdt_restore:
    l32r    a5, wdt_periods_at
    l32i    a3, a5, 0
    l32i    a4, a5, 4
    j       ets_wdt_enable
