"""How peripherals reach the processor's edge-triggered interrupts and its NMI.

EDGE_INT_ENABLE lets the watchdog, FRC1 and FRC2 raise interrupts 8, 9 and 10. NMI_INT_ENABLE makes one source the NMI's
while its lowest bit is set; a handler clears that bit first and sets it again last, so that it is not interrupted by
itself. Sources: SDK `eagle_soc.h` (names, bits of EDGE_INT_ENABLE), esp-open-rtos `dport_regs.h` and
`exception_vectors.S`; that bits 4:1 choose the source is measured: programs write 1 there for the MAC, 15 for FRC1.
"""

from emulator.cpu.inside import Cells, inside
from emulator.cpu.runtime import Cpu, reschedule

EDGE_WATCHDOG, EDGE_FRC1, EDGE_FRC2 = 1 << 0, 1 << 1, 1 << 2
"""In EDGE_INT_ENABLE."""
EDGE_TO_INTERRUPT_SHIFT = 8
NMI_ENABLE = 1 << 0
NMI_SOURCE_SHIFT, NMI_SOURCE = 1, 15
"""In NMI_INT_ENABLE."""
NMI_MAC, NMI_FRC1 = 1 << 0, 1 << 7
"""Sources of the NMI, as bits."""


class Interrupts(Cells):
    """The two registers, and who wants an NMI."""

    edge_enable: int
    nmi_control: int
    nmi_wanted: int
    """Sources that want service now, whether one of them is chosen or not."""
    nmi_seen: int
    """Whether the chosen source wanted service at the last look: what counts is that it begins to."""


@inside
def raise_edge(edge: int) -> None:
    """The watchdog or a timer says once that it wants service."""
    Cpu.latch = Cpu.latch | ((Interrupts.edge_enable & edge) << EDGE_TO_INTERRUPT_SHIFT)


@inside
def look_at_nmi() -> None:
    """Latch an NMI if the chosen source has begun to want service."""
    wanted = 0
    if Interrupts.nmi_control & NMI_ENABLE:
        wanted = (Interrupts.nmi_wanted >> ((Interrupts.nmi_control >> NMI_SOURCE_SHIFT) & NMI_SOURCE)) & 1
    if wanted & ~Interrupts.nmi_seen:
        Cpu.nmi = 1
        reschedule()
    Interrupts.nmi_seen = wanted


@inside
def want_nmi(source: int) -> None:
    """A source (`NMI_...`) wants service."""
    Interrupts.nmi_wanted = Interrupts.nmi_wanted | source
    look_at_nmi()


@inside
def drop_nmi(source: int) -> None:
    """It has had it."""
    Interrupts.nmi_wanted = Interrupts.nmi_wanted & ~source
    look_at_nmi()


@inside
def read_nmi_control(address: int) -> int:
    """NMI_INT_ENABLE."""
    return Interrupts.nmi_control


@inside
def write_nmi_control(address: int, value: int) -> None:
    """NMI_INT_ENABLE."""
    Interrupts.nmi_control = value
    look_at_nmi()


@inside
def read_edge_enable(address: int) -> int:
    """EDGE_INT_ENABLE."""
    return Interrupts.edge_enable


@inside
def write_edge_enable(address: int, value: int) -> None:
    """EDGE_INT_ENABLE."""
    Interrupts.edge_enable = value
