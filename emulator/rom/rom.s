# Our mask ROM's Xtensa code: what runs often, or must not be left half-way by an interrupt.
#
# A label that is a published entry point gets a jump there, unless it stands there (`.org rom.NAME`); see mask_rom.py.
# Data addresses (exception_table, ...) are defined in mask_rom.py as well. Frame layout and interrupt dispatch follow
# the facts measured on real programs: they look into XTOS frames (pc 0, ps 4, sar 8, vpri c, a0 10, a2 14 ... a15 48,
# exccause 4c; 256 bytes).

.literal exception_table_at, exception_table
.literal c_handlers_at, c_handlers
.literal interrupt_table_at, interrupt_table
.literal frequency_at, cpu_mhz
.literal print_at, putc1
.literal uart_at, 0x60000000
.literal uart_number_at, uart_number
.literal uart_putc1_entry, rom.ets_uart_putc1
.literal write_char_entry, rom.ets_write_char
.literal gpio_at, 0x60000300
.literal gpio_handler_at, gpio_handler
.literal gpio_isr_at, gpio_isr
.literal c_wrapper_entry, 0x40000598
.literal unhandled_entry, 0x4000dc44

# --- vectors ---------------------------------------------------------------------------------------------------------

_UserExceptionVector:
    wsr     a0, EXCSAVE1
    addmi   a1, a1, -256
    s32i    a2, a1, 0x14
    s32i    a3, a1, 0x18
    s32i    a4, a1, 0x1c
    rsr     a2, EXCCAUSE
    l32r    a3, exception_table_at
    addx4   a2, a2, a3
    l32i    a2, a2, 0
    jx      a2

_KernelExceptionVector:
_DoubleExceptionVector:
_DebugExceptionVector:
_NMIExceptionVector:
_xtos_unhandled_exception:
_xtos_unhandled_interrupt:
_xtos_alloca_handler:
_xtos_syscall_handler:
_xtos_cause3_handler:
unhandled:
    simcall                         # Python reports it; the watchdog ends it
    j       unhandled

# Returns of a program that was loaded to RAM: back to the download mode.
download_again:
    simcall
    j       download_again

# --- exceptions and interrupts -----------------------------------------------------------------------------------------

# Complete the frame that the vector began: a5-a15, pc, ps, sar, vpri, a0, exccause. Clobbers a2, a3.
    .align
save_frame:
    s32i    a5, a1, 0x20
    s32i    a6, a1, 0x24
    s32i    a7, a1, 0x28
    s32i    a8, a1, 0x2c
    s32i    a9, a1, 0x30
    s32i    a10, a1, 0x34
    s32i    a11, a1, 0x38
    s32i    a12, a1, 0x3c
    s32i    a13, a1, 0x40
    s32i    a14, a1, 0x44
    s32i    a15, a1, 0x48
    rsr     a2, EPC1
    s32i    a2, a1, 0x00
    rsr     a2, PS
    movi    a3, -17                 # without EXCM
    and     a2, a2, a3
    s32i    a2, a1, 0x04
    rsr     a2, SAR
    s32i    a2, a1, 0x08
    movi    a2, 0
    s32i    a2, a1, 0x0c
    rsr     a2, EXCSAVE1
    s32i    a2, a1, 0x10
    rsr     a2, EXCCAUSE
    s32i    a2, a1, 0x4c
    movi    a3, 0x21                # user mode, level 1 masked: handlers may call anything
    wsr     a3, PS
    ret

_xtos_l1int_handler:
    call0   save_frame
next_interrupt:
    rsr     a2, INTERRUPT
    rsr     a3, INTENABLE
    and     a2, a2, a3
    extui   a2, a2, 0, 14
    beqz    a2, _xtos_return_from_exc
    neg     a3, a2
    and     a3, a3, a2              # the lowest bit
    wsr     a3, INTCLEAR
    nsau    a3, a3
    movi    a2, 31
    sub     a3, a2, a3
    l32r    a4, interrupt_table_at
    addx8   a4, a3, a4
    l32i    a5, a4, 0
    l32i    a2, a4, 4
    beqz    a5, next_interrupt
    mov.n   a3, a1
    callx0  a5
    movi    a2, 0x21
    wsr     a2, PS
    j       next_interrupt

_xtos_c_wrapper_handler:
    call0   save_frame
    l32i    a3, a1, 0x4c
    l32r    a4, c_handlers_at
    addx4   a4, a3, a4
    l32i    a4, a4, 0
    mov.n   a2, a1
    callx0  a4

_xtos_return_from_exc:
    l32i    a2, a1, 0x04
    movi    a3, 16                  # with EXCM, until rfe
    or      a2, a2, a3
    wsr     a2, PS
    l32i    a2, a1, 0x00
    wsr     a2, EPC1
    l32i    a2, a1, 0x08
    wsr     a2, SAR
    l32i    a0, a1, 0x10
    l32i    a2, a1, 0x14
    l32i    a3, a1, 0x18
    l32i    a4, a1, 0x1c
    l32i    a5, a1, 0x20
    l32i    a6, a1, 0x24
    l32i    a7, a1, 0x28
    l32i    a8, a1, 0x2c
    l32i    a9, a1, 0x30
    l32i    a10, a1, 0x34
    l32i    a11, a1, 0x38
    l32i    a12, a1, 0x3c
    l32i    a13, a1, 0x40
    l32i    a14, a1, 0x44
    l32i    a15, a1, 0x48
    addmi   a1, a1, 256
    rfe

# _xtos_set_exception_handler(cause, handler) -> the one before
_xtos_set_exception_handler:
    l32r    a4, c_handlers_at
    addx4   a4, a2, a4
    l32r    a5, exception_table_at
    addx4   a5, a2, a5
    l32i    a2, a4, 0
    s32i    a3, a4, 0
    l32r    a6, c_wrapper_entry
    bnez    a3, set_entry
    l32r    a6, unhandled_entry
set_entry:
    s32i    a6, a5, 0
    ret

# ets_isr_attach(number, handler, argument)
    .align
ets_isr_attach:
_xtos_set_interrupt_handler_arg:
    l32r    a5, interrupt_table_at
    addx8   a5, a2, a5
    l32i    a2, a5, 0
    s32i    a3, a5, 0
    s32i    a4, a5, 4
    ret

# _xtos_set_interrupt_handler(number, handler): called with its number
_xtos_set_interrupt_handler:
    mov.n   a4, a2
    j       _xtos_set_interrupt_handler_arg

# gpio_intr_handler_register(handler, argument): called with (pins, argument)
gpio_intr_handler_register:
    l32r    a4, gpio_handler_at
    s32i    a2, a4, 0
    s32i    a3, a4, 4
    movi    a2, 4
    l32r    a3, gpio_isr_at
    movi    a4, 0
    j       _xtos_set_interrupt_handler_arg

    .align
gpio_isr:
    l32r    a4, gpio_handler_at
    l32i    a5, a4, 0
    l32i    a3, a4, 4
    l32r    a4, gpio_at
    l32i    a2, a4, 0x1c            # GPIO_STATUS; the handler acknowledges
    jx      a5

# ets_isr_mask(interrupts), ets_isr_unmask(interrupts) -> INTENABLE of before. No handler comes in between, as it may change
# INTENABLE, too.
    .align
ets_isr_mask:
_xtos_ints_off:
    rsil    a4, 15
    rsr     a3, INTENABLE
    and     a2, a2, a3
    xor     a2, a2, a3
    wsr     a2, INTENABLE
    wsr     a4, PS
    mov.n   a2, a3
    ret

    .align
ets_isr_unmask:
_xtos_ints_on:
    rsil    a4, 15
    rsr     a3, INTENABLE
    or      a2, a2, a3
    wsr     a2, INTENABLE
    wsr     a4, PS
    mov.n   a2, a3
    ret

_xtos_set_intlevel:
    rsr     a3, PS
    srli    a4, a3, 4
    slli    a4, a4, 4
    extui   a2, a2, 0, 4
    or      a4, a4, a2
    wsr     a4, PS
    mov.n   a2, a3
    ret

_xtos_set_min_intlevel:
    rsr     a3, PS
    extui   a4, a3, 0, 4
    bltu    a4, a2, _xtos_set_intlevel
    mov.n   a2, a3
    ret

_xtos_restore_intlevel:
    rsr     a3, PS
    srli    a3, a3, 4
    slli    a3, a3, 4
    extui   a2, a2, 0, 4
    or      a3, a3, a2
    wsr     a3, PS
    ret

_xtos_set_vpri:
_xtos_p_none:
    ret

xthal_get_ccount:
    rsr     a2, CCOUNT
    ret

xthal_get_ccompare:
    rsr     a2, CCOMPARE0
    ret

xthal_set_ccompare:                 # (timer, value): the LX106 has timer 0 only
    wsr     a3, CCOMPARE0
    ret

xthal_get_interrupt:
xthal_get_intread:
    rsr     a2, INTERRUPT
    ret

xthal_set_intclear:
    wsr     a2, INTCLEAR
    ret

# --- printing ------------------------------------------------------------------------------------------------------------
# Python formats the text onto the stack (a12 up to a15) and names the function for each character (a13).

# ets_printf(template, ...): through the installed functions
ets_printf:
    l32r    a9, print_at
    l32i    a8, a9, 0
    l32i    a9, a9, 4
    beqz    a9, print_begin
    l32r    a8, write_char_entry
    j       print_begin

# ets_uart_printf(template, ...): to the UART, whatever is installed
ets_uart_printf:
    l32r    a8, uart_putc1_entry
print_begin:
    addi    a1, a1, -32
    s32i    a0, a1, 0
    s32i    a12, a1, 4
    s32i    a13, a1, 8
    s32i    a14, a1, 12
    s32i    a15, a1, 16
    mov.n   a14, a1
printf_trap:
    simcall
    j       print_next
ets_vprintf:
    addi    a1, a1, -32
    s32i    a0, a1, 0
    s32i    a12, a1, 4
    s32i    a13, a1, 8
    s32i    a14, a1, 12
    s32i    a15, a1, 16
    mov.n   a14, a1
vprintf_trap:
    simcall
print_next:
    beq     a12, a15, print_done
    l8ui    a2, a12, 0
    addi    a12, a12, 1
    callx0  a13
    j       print_next
print_done:
    mov.n   a1, a14
    l32i    a0, a1, 0
    l32i    a12, a1, 4
    l32i    a13, a1, 8
    l32i    a14, a1, 12
    l32i    a15, a1, 16
    addi    a1, a1, 32
    ret

# ets_write_char(character): through the installed functions, one after the other
ets_write_char:
    addi    a1, a1, -16
    s32i    a0, a1, 0
    s32i    a12, a1, 4
    mov.n   a12, a2
    l32r    a3, print_at
    l32i    a3, a3, 0
    beqz    a3, write_second
    callx0  a3
write_second:
    l32r    a3, print_at
    l32i    a3, a3, 4
    beqz    a3, write_done
    mov.n   a2, a12
    callx0  a3
write_done:
    l32i    a0, a1, 0
    l32i    a12, a1, 4
    addi    a1, a1, 16
    ret

# ets_install_uart_printf() -> the function that is installed as the first
ets_install_uart_printf:
    l32r    a2, uart_putc1_entry
ets_install_putc1:
    l32r    a3, print_at
    s32i    a2, a3, 0
    ret

ets_install_putc2:
    l32r    a3, print_at
    s32i    a2, a3, 4
    ret

# ets_putc(character), ets_uart_putc1(character): to the UART, line ends as terminals want them
ets_putc:
ets_uart_putc1:
    movi    a3, 13
    beq     a2, a3, putc_done
    movi    a4, 10
    bne     a2, a4, uart_tx_one_char
    addi    a1, a1, -16
    s32i    a0, a1, 0
    mov.n   a2, a3
    call0   uart_tx_one_char
    movi    a2, 10
    l32i    a0, a1, 0
    addi    a1, a1, 16
    j       uart_tx_one_char
putc_done:
    ret

# --- UART ----------------------------------------------------------------------------------------------------------------

# uart_tx_one_char(character): to the UART that `uart_buff_switch` chose; waits while the FIFO is full (126 bytes)
    .align
uart_tx_one_char:
    l32r    a4, uart_number_at
    l32i    a5, a4, 0
    l32r    a4, uart_at
    beqz    a5, uart_tx_wait
    addmi   a4, a4, 0xf00
uart_tx_wait:
    l32i    a5, a4, 0x1c
    extui   a5, a5, 16, 8
    movi    a6, 126
    bgeu    a5, a6, uart_tx_wait
    s32i    a2, a4, 0
    movi    a2, 0
    ret

# uart_rx_one_char(byte *) -> 0, or 1 where nothing was received
uart_rx_one_char:
    l32r    a4, uart_at
    l32i    a5, a4, 0x1c
    extui   a5, a5, 0, 8
    beqz    a5, uart_rx_nothing
    l32i    a5, a4, 0
    s8i     a5, a2, 0
    movi    a2, 0
    ret
uart_rx_nothing:
    movi    a2, 1
    ret

uart_rx_one_char_block:
    l32r    a4, uart_at
uart_rx_wait:
    l32i    a5, a4, 0x1c
    extui   a5, a5, 0, 8
    beqz    a5, uart_rx_wait
    l32i    a2, a4, 0
    ret

# --- small things --------------------------------------------------------------------------------------------------------

ets_update_cpu_frequency:
    l32r    a3, frequency_at
    s32i    a2, a3, 0
    ret

ets_get_cpu_frequency:
    l32r    a3, frequency_at
    l32i    a2, a3, 0
    ret

rom_abs_temp:
    abs     a2, a2
    ret

# roundup2(value, power of two)
roundup2:
    add     a2, a2, a3
    addi    a2, a2, -1
    neg     a3, a3
    and     a2, a2, a3
    ret

# --- at their published addresses ----------------------------------------------------------------------------------------
# What programs call hundreds of thousands of times stands where they call it, without a jump in between.

.org rom.ets_intr_lock
ets_intr_lock:
    rsil    a2, 3
    ret.n

.org rom.ets_intr_unlock
ets_intr_unlock:
    rsil    a2, 0
    ret.n
