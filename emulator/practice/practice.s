# The practice image's program: a prompt with line editing, and MicroPython's raw and paste modes.
#
# It evaluates nothing itself: what was typed goes to the simulator by SIMCALL (semihosting.py answers). Modes and wording are
# MicroPython's (shared/runtime/pyexec.c, shared/readline/readline.c). Names that are not defined here come from image.py: ROM
# entry points, the services' numbers, TEXT_LIMIT.
#
# a12 = the text being entered, a13 = its length, a14 = where its last line begins. Bytes beyond TEXT_LIMIT are counted but not
# kept, so that the evaluator refuses the text as a whole.

.equ TEXT, 0x3ffec000
.equ RESULT, 0x3fff0000             # a piece of what an evaluation printed
.equ RESULT_SIZE, 256

.equ UART_INT_ENA, 0x0c
.equ UART_INT_CLR, 0x10
.equ UART_STATUS, 0x1c
.equ UART_CONF1, 0x24
.equ RXFIFO_FULL_INT, 1
.equ UART_INTERRUPT, 32             # 1 << 5

.org 0x40100000
exception_table_at: .word 0x3fffc000

.org 0x40100010                     # debug
    j       unexpected
.org 0x40100020                     # NMI
    j       unexpected
.org 0x40100030                     # kernel
    j       unexpected
.org 0x40100050                     # user: the ROM's handlers complete the frame
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
.org 0x40100070                     # double exception
    j       unexpected

.org 0x40100080
.literal unhandled_exception_at, _xtos_unhandled_exception
.literal vectors_at, 0x40100000
.literal uart_at, 0x60000000
.literal text_at, TEXT
.literal text_limit, TEXT_LIMIT
.literal result_at, RESULT
.literal pll_write_at, rom_i2c_writeReg
.literal set_divider_at, uart_div_modify
.literal attach_at, ets_isr_attach
.literal unmask_at, ets_isr_unmask
.literal send_at, uart_tx_one_char
.literal received_at, received
.literal banner_at, banner
.literal prompt_at, prompt_text
.literal continuation_at, continuation_text
.literal new_line_at, new_line_text
.literal rub_out_at, rub_out_text
.literal paste_at, paste_text
.literal paste_line_at, paste_line_text
.literal raw_at, raw_text
.literal ok_at, ok_text
.literal reboot_at, reboot_text
.literal empty_line_keys_at, empty_line_keys
.literal line_keys_at, line_keys
.literal paste_keys_at, paste_keys
.literal raw_keys_at, raw_keys

unexpected:
    l32r    a2, unhandled_exception_at
    jx      a2

start:
    l32r    a2, vectors_at
    wsr     a2, VECBASE
    l32r    a12, text_at
    movi    a2, 103                 # the PLL, for a crystal of 26 MHz
    movi    a3, 4
    movi    a4, 1
    movi    a5, 0x88
    l32r    a6, pll_write_at
    callx0  a6
    movi    a2, 103
    movi    a3, 4
    movi    a4, 2
    movi    a5, 0x91
    l32r    a6, pll_write_at
    callx0  a6
    movi    a2, 0
    movi    a3, 694                 # 115200 baud at 80 MHz
    l32r    a6, set_divider_at
    callx0  a6
    l32r    a15, uart_at
    movi    a2, 1                   # one byte is enough to interrupt
    s32i    a2, a15, UART_CONF1
    movi    a2, 5
    l32r    a3, received_at
    movi    a4, 0
    l32r    a6, attach_at
    callx0  a6
    movi    a2, UART_INTERRUPT
    l32r    a6, unmask_at
    callx0  a6
    movi    a2, SERVICE_START
    simcall
    l32r    a2, new_line_at         # behind the ROM's lines, which look like junk at this rate
    call0   put_text

# --- the friendly prompt ---------------------------------------------------------------------------------------------------

friendly:
    l32r    a2, banner_at
    call0   put_text
prompt:
    l32r    a2, prompt_at
    movi    a13, 0
line:
    call0   put_text
    mov.n   a14, a13
key:
    call0   get_character
    l32r    a3, empty_line_keys_at
    beqz    a13, key_alone
    l32r    a3, line_keys_at
key_alone:
    call0   dispatch
    movi    a3, 32
    bltu    a2, a3, key             # other control characters
    l32r    a3, text_limit
    bltu    a13, a3, key_fits
    movi    a2, 7                   # the bell: no room
    call0   put_character
    j       key
key_fits:
    call0   append
    call0   put_character
    j       key

friendly_again:
    l32r    a2, new_line_at
    call0   put_text
    j       friendly

cancel:
    l32r    a2, new_line_at
    call0   put_text
    j       prompt

backspace:
    beq     a13, a14, key
backspace_byte:
    addi    a13, a13, -1
    beq     a13, a14, backspace_show
    add     a3, a12, a13
    l8ui    a3, a3, 0
    srli    a3, a3, 6
    beqi    a3, 2, backspace_byte   # 10xxxxxx: inside a character of several bytes
backspace_show:
    l32r    a2, rub_out_at
    call0   put_text
    j       key

# Cursor keys and the like: ESC [ or ESC O, up to a letter or ~.
escape:
    call0   get_character
    movi    a3, '['
    beq     a2, a3, escape_rest
    movi    a3, 'O'
    beq     a2, a3, escape_rest
    j       key
escape_rest:
    call0   get_character
    movi    a3, 64
    bltu    a2, a3, escape_rest
    j       key

enter:
    l32r    a2, new_line_at
    call0   put_text
    beqz    a13, prompt
    movi    a2, SERVICE_IS_UNFINISHED
    call0   call_with_text
    beqz    a2, enter_run
    movi    a2, 10
    call0   append
    l32r    a2, continuation_at
    j       line
enter_run:
    movi    a2, SERVICE_RUN_LINE
run:
    call0   call_with_text
    movi    a2, SERVICE_READ_OUTPUT
    call0   put_result
    movi    a2, SERVICE_READ_ERRORS
    call0   put_result
    j       prompt

# Ctrl-D runs an unfinished text as it is, where its last line is empty; else it does nothing.
finish:
    beq     a13, a14, finish_run
    j       key
finish_run:
    l32r    a2, new_line_at
    call0   put_text
    j       enter_run

soft_reset:
    l32r    a2, new_line_at
    call0   put_text
    call0   restart
    j       friendly

# --- paste mode --------------------------------------------------------------------------------------------------------------

paste:
    l32r    a2, paste_at
    call0   put_text
    movi    a13, 0
paste_key:
    call0   get_character
    l32r    a3, paste_keys_at
    call0   dispatch
    call0   append
    call0   put_character
    j       paste_key
paste_line:
    movi    a2, 10
    call0   append
    l32r    a2, paste_line_at
    call0   put_text
    j       paste_key
paste_run:
    l32r    a2, new_line_at
    call0   put_text
    movi    a2, SERVICE_RUN_PROGRAM
    j       run

# --- the raw prompt, for programs --------------------------------------------------------------------------------------------

raw:
    l32r    a2, new_line_at
    call0   put_text
raw_again:
    l32r    a2, raw_at
    call0   put_text
raw_prompt:
    movi    a2, '>'
    call0   put_character
raw_clear:
    movi    a13, 0
raw_key:
    call0   get_character
    l32r    a3, raw_keys_at
    call0   dispatch
    call0   append
    j       raw_key

# Ctrl-A begins anew; Ctrl-E A Ctrl-A asks for raw-paste mode, which is known but not there.
raw_restart:
    bnei    a13, 2, raw_again
    l8ui    a3, a12, 0
    bnei    a3, 5, raw_again
    movi    a2, 'R'
    call0   put_character
    movi    a2, 0
    call0   put_character
    j       raw_clear

raw_run:
    l32r    a2, ok_at
    call0   put_text
    beqz    a13, raw_reset
    movi    a2, SERVICE_RUN_PROGRAM
    call0   call_with_text
    movi    a2, SERVICE_READ_OUTPUT
    call0   put_result
    movi    a2, 4
    call0   put_character
    movi    a2, SERVICE_READ_ERRORS
    call0   put_result
    movi    a2, 4
    call0   put_character
    j       raw_prompt
raw_reset:
    l32r    a2, new_line_at
    call0   put_text
    call0   restart
    j       raw_again

# --- pieces ------------------------------------------------------------------------------------------------------------------

# restart(): forget all names
    .align
restart:
    addi    a1, a1, -16
    s32i    a0, a1, 0
    l32r    a2, reboot_at
    call0   put_text
    movi    a2, SERVICE_START
    simcall
    l32i    a0, a1, 0
    addi    a1, a1, 16
    ret

# dispatch(a2 = character, a3 = table): go where the table says; returns, with a2, for characters that are not in it
    .align
dispatch:
    l32i    a4, a3, 4
    beqz    a4, dispatch_none
    l32i    a5, a3, 0
    addi    a3, a3, 8
    bne     a5, a2, dispatch
    jx      a4
dispatch_none:
    ret

# append(a2 = character): keeps a2
    .align
append:
    l32r    a3, text_limit
    bgeu    a13, a3, append_counted
    add     a3, a12, a13
    s8i     a2, a3, 0
append_counted:
    addi    a13, a13, 1
    ret

# call_with_text(a2 = service) -> a2
    .align
call_with_text:
    mov.n   a3, a12
    mov.n   a4, a13
    simcall
    ret

# put_result(a2 = service): print what the service has, piece by piece
    .align
put_result:
    addi    a1, a1, -16
    s32i    a0, a1, 0
    s32i    a12, a1, 4
    s32i    a13, a1, 8
    s32i    a14, a1, 12
    mov.n   a14, a2
put_piece:
    mov.n   a2, a14
    l32r    a3, result_at
    movi    a4, RESULT_SIZE
    simcall
    l32r    a12, result_at
    add     a13, a12, a2
    beqz    a2, put_result_done
put_result_byte:
    l8ui    a2, a12, 0
    call0   put_character
    addi    a12, a12, 1
    bltu    a12, a13, put_result_byte
    j       put_piece
put_result_done:
    l32i    a0, a1, 0
    l32i    a12, a1, 4
    l32i    a13, a1, 8
    l32i    a14, a1, 12
    addi    a1, a1, 16
    ret

# put_text(a2 = zero-terminated text)
    .align
put_text:
    addi    a1, a1, -16
    s32i    a0, a1, 0
    s32i    a12, a1, 4
    mov.n   a12, a2
put_text_byte:
    l8ui    a2, a12, 0
    beqz    a2, put_text_done
    call0   put_character
    addi    a12, a12, 1
    j       put_text_byte
put_text_done:
    l32i    a0, a1, 0
    l32i    a12, a1, 4
    addi    a1, a1, 16
    ret

# put_character(a2)
    .align
put_character:
    l32r    a3, send_at
    jx      a3

# get_character() -> a2: sleeps until there is one. The interrupt is enabled while it cannot be taken: taken before the WAITI, it
# would be missed.
    .align
get_character:
    l32r    a3, uart_at
    l32i    a2, a3, UART_STATUS
    extui   a2, a2, 0, 8
    bnez    a2, get_it
    rsil    a2, 3
    movi    a2, RXFIFO_FULL_INT
    s32i    a2, a3, UART_INT_ENA
    waiti   0
    j       get_character
get_it:
    l32i    a2, a3, 0
    ret

# The interrupt handler has only to wake get_character, which reads the FIFO itself.
    .align
received:
    l32r    a3, uart_at
    movi    a2, 0
    s32i    a2, a3, UART_INT_ENA
    movi    a2, -1
    s32i    a2, a3, UART_INT_CLR
    ret

# --- data: bytes cannot be read from instruction RAM ---------------------------------------------------------------------------

.org 0x3ffe8000
# What control characters do: pairs of character and place, up to the zeros.
empty_line_keys:                    # goes on into the next table
    .word 1, raw, 2, friendly_again, 4, soft_reset, 5, paste
line_keys:
    .word 3, cancel, 4, finish, 8, backspace, 13, enter, 27, escape, 127, backspace, 0, 0
paste_keys:
    .word 3, cancel, 4, paste_run, 13, paste_line, 0, 0
raw_keys:
    .word 1, raw_restart, 2, friendly_again, 3, raw_clear, 4, raw_run, 0, 0

prompt_text: .asciz ">>> "
continuation_text: .asciz "... "
new_line_text: .asciz "\r\n"
rub_out_text: .asciz "\x08 \x08"
paste_text: .asciz "\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== "
paste_line_text: .asciz "\r\n=== "
raw_text: .asciz "raw REPL; CTRL-B to exit\r\n"
ok_text: .asciz "OK"
reboot_text: .asciz "MPY: soft reboot\r\n"
banner:                             # the text is image.py's
