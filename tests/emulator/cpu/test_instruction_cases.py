"""One case by hand for every instruction: its bytes, what is there before, and what has changed after it.

Encodings and effects are worked out from the Xtensa ISA Reference Manual, chapters 6 and 7 (the encodings agree
with another disassembler, capstone 6, where it knows the instruction). ``m0`` is the word at 3ffe8000, ``l`` the one
8 bytes before the instruction, which stands at 40100800; vectors are at 40100b00. What is not named after must be as
before.
"""

from typing import Any

import pytest

from emulator.cpu.asm import assemble
from emulator.cpu.isa import BY_NAME

CASES = """
ill                    | 00 00 00 | ps=20                            | pc=40100b50 epc1=40100800 exccause=0 ps=30
ret                    | 80 00 00 | a0=40100904                      | pc=40100904
jx a5                  | a0 05 00 | a5=40100a01                      | pc=40100a01
callx0 a0              | c0 00 00 | a0=40100a00                      | pc=40100a00 a0=40100803
isync                  | 00 20 00 |                                  |
rsync                  | 10 20 00 |                                  |
esync                  | 20 20 00 |                                  |
dsync                  | 30 20 00 |                                  |
excw                   | 80 20 00 |                                  |
memw                   | c0 20 00 |                                  |
extw                   | d0 20 00 |                                  |
nop                    | f0 20 00 |                                  |
rfe                    | 00 30 00 | ps=31 epc1=40100900              | ps=21 pc=40100900
rfde                   | 00 32 00 | ps=31 depc=40100910              | ps=31 pc=40100910
rfi 2                  | 10 32 00 | ps=1f epc2=40100920 eps2=25      | ps=25 pc=40100920
break 1, 15            | f0 41 00 |                                  | pc=40100800
syscall                | 00 50 00 | ps=0                             | pc=40100b30 epc1=40100800 exccause=1 ps=10
simcall                | 00 51 00 |                                  |
rsil a7, 3             | 70 63 00 | ps=21                            | a7=21 ps=23
waiti 2                | 00 72 00 | ps=2f                            | ps=22 pc=40100800
and a3, a4, a5         | 50 34 10 | a4=ff00ff0f a5=0ff00f0c          | a3=0f000f0c
or a3, a4, a5          | 50 34 20 | a4=f0f00001 a5=0ff00008          | a3=fff00009
xor a3, a4, a5         | 50 34 30 | a4=ffffffff a5=0ff00008          | a3=f00ffff7
ssr a9                 | 00 09 40 | a9=ffffffe5                      | sar=5
ssl a9                 | 00 19 40 | a9=20                            | sar=20
ssa8l a9               | 00 29 40 | a9=3ffe8003                      | sar=18
ssa8b a9               | 00 39 40 | a9=3ffe8001                      | sar=18
ssai 31                | 10 4f 40 |                                  | sar=1f
rer a4, a5             | 40 65 40 | a4=7                             | a4=0
wer a4, a5             | 40 75 40 |                                  |
nsa a4, a5             | 40 e5 40 | a5=ffff0000                      | a4=f
nsau a4, a5            | 40 f5 40 | a5=0000ffff                      | a4=10
neg a4, a5             | 50 40 60 | a5=80000000                      | a4=80000000
abs a4, a5             | 50 41 60 | a5=ffffff9c                      | a4=64
add a3, a4, a5         | 50 34 80 | a4=7fffffff a5=1                 | a3=80000000
addx2 a3, a4, a5       | 50 34 90 | a4=80000003 a5=1                 | a3=7
addx4 a3, a4, a5       | 50 34 a0 | a4=40000003 a5=2                 | a3=e
addx8 a3, a4, a5       | 50 34 b0 | a4=20000003 a5=4                 | a3=1c
sub a3, a4, a5         | 50 34 c0 | a4=3 a5=5                        | a3=fffffffe
subx2 a3, a4, a5       | 50 34 d0 | a4=10 a5=21                      | a3=ffffffff
subx4 a3, a4, a5       | 50 34 e0 | a4=40000010 a5=1                 | a3=3f
subx8 a3, a4, a5       | 50 34 f0 | a4=20000010 a5=1                 | a3=7f
slli a3, a4, 31        | 10 34 01 | a4=3                             | a3=80000000
slli a3, a4, 1         | f0 34 11 | a4=c0000001                      | a3=80000002
srai a3, a4, 31        | 40 3f 31 | a4=80000000                      | a3=ffffffff
srli a3, a4, 15        | 40 3f 41 | a4=80000000                      | a3=10000
xsr a3, SAR            | 30 03 61 | a3=7f sar=11                     | a3=11 sar=3f
src a3, a4, a5         | 50 34 81 | a4=12345678 a5=9abcdef0 sar=8    | a3=789abcde
srl a3, a4             | 40 30 91 | a4=80000000 sar=1f               | a3=1
sll a3, a4             | 00 34 a1 | a4=3 sar=1                       | a3=80000000
sra a3, a4             | 40 30 b1 | a4=80000000 sar=20               | a3=ffffffff
mul16u a3, a4, a5      | 50 34 c1 | a4=1234ffff a5=ffff              | a3=fffe0001
mul16s a3, a4, a5      | 50 34 d1 | a4=1234ffff a5=2                 | a3=fffffffe
mull a3, a4, a5        | 50 34 82 | a4=10001 a5=10001                | a3=20001
rsr a3, EXCSAVE1       | 30 d1 03 | excsave1=deadbeef                | a3=deadbeef
wsr a3, VECBASE        | 30 e7 13 | a3=40100400                      | vecbase=40100400
moveqz a3, a4, a5      | 50 34 83 | a3=1 a4=2 a5=0                   | a3=2
movnez a3, a4, a5      | 50 34 93 | a3=1 a4=2 a5=0                   | a3=1
movltz a3, a4, a5      | 50 34 a3 | a3=1 a4=2 a5=80000000            | a3=2
movgez a3, a4, a5      | 50 34 b3 | a3=1 a4=2 a5=80000000            | a3=1
extui a3, a4, 28, 4    | 40 3c 35 | a4=a5000000                      | a3=a
extui a3, a4, 4, 16    | 40 34 f4 | a4=12345678                      | a3=4567
l32r a3, .-8           | 31 fe ff | l=cafe0123                       | a3=cafe0123
l8ui a3, a4, 255       | 32 04 ff | a4=3ffe7f02 m0=8000ff80          | a3=ff
l16ui a3, a4, 510      | 32 14 ff | a4=3ffe7e04 m0=8000ff80          | a3=8000
l32i a3, a4, 1020      | 32 24 ff | a4=3ffe7c04 m0=8000ff80          | a3=8000ff80
s8i a3, a4, 1          | 32 44 01 | a3=123456ab a4=3ffe8000 m0=11111111 | m0=1111ab11
s16i a3, a4, 2         | 32 54 01 | a3=1234abcd a4=3ffe8000 m0=11111111 | m0=abcd1111
s32i a3, a4, 4         | 32 64 01 | a3=1234abcd a4=3ffe7ffc m0=11111111 | m0=1234abcd
l16si a3, a4, 2        | 32 94 01 | a4=3ffe8000 m0=8000ff80          | a3=ffff8000
movi a3, -2048         | 32 a8 00 |                                  | a3=fffff800
addi a3, a4, -128      | 32 c4 80 | a4=7f                            | a3=ffffffff
addmi a3, a4, -32768   | 32 d4 80 | a4=8000                          | a3=0
call0 .+16             | c5 00 00 | a0=1                             | a0=40100803 pc=40100810
j .-100                | 06 e6 ff |                                  | pc=4010079c
beqz a3, .+2051        | 16 f3 7f | a3=0                             | pc=40101003
bnez a3, .-2044        | 56 03 80 | a3=80000000                      | pc=40100004
bltz a3, .+50          | 96 e3 02 | a3=7fffffff                      | pc=40100803
bgez a3, .+50          | d6 e3 02 | a3=7fffffff                      | pc=40100832
beqi a3, -1, .+50      | 26 03 2e | a3=ffffffff                      | pc=40100832
bnei a3, 256, .+50     | 66 f3 2e | a3=100                           | pc=40100803
blti a3, 1, .+50       | a6 13 2e | a3=80000000                      | pc=40100832
bgei a3, 1, .+50       | e6 13 2e | a3=80000000                      | pc=40100803
bltui a3, 32768, .+50  | b6 03 2e | a3=7fff                          | pc=40100832
bgeui a3, 65536, .-124 | f6 13 80 | a3=80000000                      | pc=40100784
bnone a3, a4, .+50     | 47 03 2e | a3=f0 a4=0f                      | pc=40100832
beq a3, a4, .+50       | 47 13 2e | a3=5 a4=5                        | pc=40100832
blt a3, a4, .+50       | 47 23 2e | a3=ffffffff a4=0                 | pc=40100832
bltu a3, a4, .+50      | 47 33 2e | a3=ffffffff a4=0                 | pc=40100803
ball a3, a4, .+50      | 47 43 2e | a3=f1 a4=31                      | pc=40100832
bbc a3, a4, .+50       | 47 53 2e | a3=fffffffd a4=21                | pc=40100832
bbci a3, 31, .+50      | f7 73 2e | a3=80000000                      | pc=40100803
bany a3, a4, .+50      | 47 83 2e | a3=f1 a4=01                      | pc=40100832
bne a3, a4, .+50       | 47 93 2e | a3=5 a4=5                        | pc=40100803
bge a3, a4, .+50       | 47 a3 2e | a3=0 a4=ffffffff                 | pc=40100832
bgeu a3, a4, .+50      | 47 b3 2e | a3=0 a4=ffffffff                 | pc=40100803
bnall a3, a4, .+50     | 47 c3 2e | a3=f1 a4=33                      | pc=40100832
bbs a3, a4, .+50       | 47 d3 2e | a3=2 a4=ffffffe1                 | pc=40100832
bbsi a3, 16, .+50      | 07 f3 2e | a3=10000                         | pc=40100832
l32i.n a3, a4, 60      | 38 f4    | a4=3ffe7fc4 m0=01020304          | a3=01020304
s32i.n a3, a4, 60      | 39 f4    | a3=5 a4=3ffe7fc4                 | m0=5
add.n a3, a4, a5       | 5a 34    | a4=ffffffff a5=2                 | a3=1
addi.n a3, a4, -1      | 0b 34    | a4=0                             | a3=ffffffff
movi.n a3, 95          | 5c f3    |                                  | a3=5f
movi.n a3, -32         | 6c 03    |                                  | a3=ffffffe0
beqz.n a3, .+67        | bc f3    | a3=0                             | pc=40100843
bnez.n a3, .+4         | cc 03    | a3=0                             | pc=40100802
mov.n a3, a4           | 3d 04    | a4=12345678                      | a3=12345678
ret.n                  | 0d f0    | a0=40100904                      | pc=40100904
break.n 3              | 2d f3    |                                  | pc=40100800
nop.n                  | 3d f0    |                                  |
ill.n                  | 6d f0    | ps=20                            | pc=40100b50 epc1=40100800 exccause=0 ps=30
"""

ADDRESS, LITERAL, DATA = 0x40100800, 0x401007F8, 0x3FFE8000
SPECIAL = ("SAR", "PS", "VECBASE", "EPC1", "EPC2", "EPS2", "DEPC", "EXCCAUSE", "EXCSAVE1", "EXCVADDR")
ROWS = [[part.strip() for part in line.split("|")] for line in CASES.strip().splitlines()]


def state(machine: Any) -> dict[str, int]:
    """Everything that a case can name."""
    core = machine.core
    return {
        "pc": core.pc,
        **{f"a{number}": core.a(number) for number in range(16)},
        **{name.lower(): core.special(name) for name in SPECIAL},
        "m0": core.read32(DATA),
        "l": core.read32(LITERAL),
    }


def numbers(text: str) -> dict[str, int]:
    return {name: int(value, 16) for name, value in (item.split("=") for item in text.split())}


@pytest.mark.parametrize(("source", "encoding", "before", "changed"), ROWS, ids=[row[0] for row in ROWS])
def test_case(single: Any, source: str, encoding: str, before: str, changed: str) -> None:
    assert assemble(source, origin=ADDRESS).chunks == [(ADDRESS, bytes.fromhex(encoding))]
    core = single.core
    core.write(ADDRESS, bytes.fromhex(encoding))
    core.set_special("VECBASE", 0x40100B00)
    for name, value in numbers(before).items():
        if name.startswith("a"):
            core.set_a(int(name[1:]), value)
        elif name in ("m0", "l"):
            core.write32(DATA if name == "m0" else LITERAL, value)
        else:
            core.set_special(name.upper(), value)
    core.pc = ADDRESS
    following = {"pc": ADDRESS + len(bytes.fromhex(encoding))}
    expected = state(single) | following | numbers(changed)

    single.step()

    assert state(single) == expected


def test_every_instruction_has_a_case() -> None:
    assert {row[0].split()[0] for row in ROWS} == set(BY_NAME)
