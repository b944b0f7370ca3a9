"""Sequences of instructions that one handler executes.

Choosing the handler is what takes most of an instruction's time. So where instructions that often follow each other
stand in memory, the first one's entry names a handler that does them all. Nothing else changes: each counts its
cycle, each may fault at its own address, and a jump to one in the middle finds its own handler.

The sequences are those that compilers for the ESP8266 emit most often, counted while MicroPython ran; one that a
program never has costs it nothing. The longest are made of the idiom that loads a byte from flash, where only words
can be loaded. No instruction but the last is a jump or branch.
"""

from emulator.cpu.isa import BY_NAME, Instruction

TEXT = """
l32i.n addi.n ssa8l srli slli l32i.n srl extui ssa8l srli slli l32i.n srl extui slli or bne
addi.n addi.n ssa8l srli slli l32i.n srl extui ssa8l srli slli l32i.n srl extui slli slli
s32i.n ssa8l srli slli l32i.n srl extui addi.n addi extui movi.n mov.n bgeu
s32i.n ssa8l srli slli l32i.n srl extui addi.n addi
ssa8l srli slli l32i.n srl extui slli extui slli or
addi s32i.n s32i.n s32i.n s32i.n s32i.n mov.n mov.n mov.n
l32r movi.n s8i movi l32r memw s32i
addi l32i l32i movi add
l32i s32i.n mov.n mov.n j
slli movi.n or s32i.n mov.n
movi l32r memw s32i
l32r addx4 l32i.n jx
addi movi.n movi.n moveqz
l32i movi sub addx4
addi moveqz beqz.n
addi.n l32r bgeu
extui srai beqz
movi.n srai bgeu
rsil ret.n
movi bltu
ssa8l srli slli l32i.n srl extui ssa8l srli slli l32i.n srl extui slli or bne
ssa8l srli slli l32i.n srl extui ssa8l srli slli l32i.n srl extui
ssa8l srli slli l32i.n srl extui slli or bne
ssa8l srli slli l32i.n srl extui
l32i.n addi.n ssa8l srli slli l32i.n srl extui
addi.n ssa8l srli slli l32i.n srl extui
add.n ssa8l srli slli l32i.n srl extui
ssa8l srli slli l32i srl extui
l32i.n l32i.n l32i.n addi ret.n
l32i.n l32i.n addi ret.n
l32i.n addi ret.n
slli or bne
slli or s32i
slli or
s32i.n s32i.n mov.n mov.n
or s32i.n addi.n
or s32i
and or
addi s32i or
l32i.n beqz
l32i.n and
l32i extui
l32i addx2
l32r l32i
movi.n and
mov.n mov.n bltu
addx2 movi.n
addi.n addx8
s8i s32i.n
l32i.n l32i.n l32i.n
l32i.n l32i.n
l32i.n addi.n
l32i.n addi
l32i.n s32i.n
l32i.n mov.n
l32i.n add.n
l32i.n l32r
addi ret.n
addi s32i.n
addi s32i
addi.n bltu
addi.n addi.n
addi.n s32i.n
addi.n bnez
s32i.n s32i.n s32i.n
s32i.n s32i.n
s32i.n l32i.n
s32i.n addi.n
s32i.n mov.n
s32i s32i
s32i l32r
s32i or
mov.n mov.n
mov.n l32i.n
mov.n call0
l32r l32i.n
l32r and
l32r callx0
l32r s32i.n
movi.n bany
movi.n bne
l32i l32i
and l32r
extui bnez.n
extui bnez
extui beqi
"""

Sequence = tuple[Instruction, ...]

SEQUENCES: tuple[Sequence, ...] = tuple(
    sorted((tuple(BY_NAME[name] for name in line.split()) for line in TEXT.strip().splitlines()), key=len, reverse=True)
)
"""The longest first, as they are tried."""

LOOK_BACK = max(sum(row.length for row in sequence) for sequence in SEQUENCES) - 1
"""How many bytes before a change in memory a sequence may begin that reaches into it."""
