"""The keys of the full-screen tutor. What they do has names, which the mouse uses as well (`Actions.act`)."""

from collections.abc import Callable
from typing import Final

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition, Filter
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from emulator.observer import BoardState
from trainer.ui.conductor import Conductor
from trainer.ui.screen import Screen
from trainer.ui.state import Remark
from trainer.ui.style import ThemeSwitch
from trainer.workplace.hands import HANDS

__all__ = ["Actions", "key_bindings"]

FOR_THE_BOARD: Final = ("ctrl-a", "ctrl-b", "ctrl-d", "ctrl-e")
"""Control keys that mean something at the board's prompt; Ctrl-C is another matter, and Enter sends the line."""


NOTHING_RUNS: Final = Remark("note", "Nothing runs that Ctrl-C could stop. F10 leaves; the next time you go on here.")
ONE_LINE: Final = Remark(
    "note", "Only the first of the lines was pasted. Here you do one at a time, and see what it does."
)


class Actions:
    """What keys and clicks do. `leave` ends the application, `plainly` to go on in plain lines."""

    def __init__(
        self,
        screen: Screen,
        conductor: Conductor,
        theme: ThemeSwitch,
        line: Buffer,
        leave: Callable[[], None],
        plainly: Callable[[], None],
    ) -> None:
        self.screen = screen
        self.conductor = conductor
        self._state = screen.state
        self._line = line
        self._named: dict[str, Callable[[], object]] = {
            "f1": self._help,
            "f2": lambda: conductor.say("hint"),
            "f3": conductor.list_course,
            "f4": self._state.next_view,
            "f5": lambda: self._hand("unplug", "plug in", when=lambda board: board.plugged),
            "f6": lambda: conductor.say("press reset"),
            "f7": lambda: self._hand("release flash", "press flash", when=lambda board: "flash" in board.held),
            "f8": lambda: conductor.say(self._state.task.hand) if self._state.task.hand else None,
            "f9": lambda: (theme.switch if screen.plan.fits else plainly)(),
            "f10": leave,
            "c-c": self.interrupt,
            "enter": self.enter,
            "close": lambda: self._state.open_popup(None),
            "pagedown": lambda: screen.page(1),
            "yes": lambda: self._answer(True),
            "no": lambda: self._answer(False),
        }

    def act(self, name: str) -> None:
        """Do what a key, or a click on something of that name, stands for: a key, a hand, an answer's number, a
        lesson."""
        if name in self._named:
            self._named[name]()
        elif name in HANDS:
            self.conductor.say(name)
        elif name.startswith("lesson "):
            self._state.chosen = int(name.removeprefix("lesson "))
            self.open_chosen()
        elif name.isdecimal():
            self.conductor.submit(name)
        self._state.on_change()

    def enter(self) -> None:
        """Enter: do the line. It stays where it is if it cannot be done now. Where reading is all there is to do, the
        rest of the text comes first."""
        if self._state.question is not None:
            return
        if self._state.popup == "course":
            self.open_chosen()
        elif self._state.popup is not None:
            self._state.open_popup(None)
        elif self.screen.reads_on and not self._line.text.strip():
            self.screen.page(1)
        elif self.conductor.submit(self._line.text):
            self._line.append_to_history()
            self._line.reset()

    def give_back(self, line: str) -> None:
        """A line that was entered stands in its place again, unless another is begun."""
        if not self._line.text:
            self._line.insert_text(line)

    def interrupt(self) -> None:
        """Ctrl-C: close a popup, stop what runs, or empty the line; never the tutor."""
        if self._state.popup is not None and self._state.question is None:
            self._state.open_popup(None)
        elif self.conductor.interrupt() or self._line.text:
            self._line.reset()
        else:
            self.conductor.state.remark(NOTHING_RUNS)

    def choose(self, by: int) -> None:
        """Up and down in the list of lessons."""
        self._state.choose(self._state.chosen + by)

    def open_chosen(self) -> None:
        """Open the lesson that is chosen in the list."""
        course = self._state.course
        self._state.open_popup(None)
        if self._state.chosen < len(course):
            self.conductor.go_to(course[self._state.chosen].name)

    def _help(self) -> None:
        self._state.open_popup(None if self._state.popup == "help" else "help")

    def _answer(self, yes: bool) -> None:
        if question := self._state.question:
            question.answer(yes)

    def _hand(self, one: str, other: str, when: Callable[[BoardState], bool]) -> None:
        board = self._state.board()
        if board is not None and board.has_buttons:
            self.conductor.say(one if when(board) else other)


def key_bindings(actions: Actions, line: Buffer) -> KeyBindings:
    """All keys; those of line editing are prompt_toolkit's own."""
    keys = KeyBindings()
    screen, conductor, state = actions.screen, actions.conductor, actions.screen.state
    asks = Condition(lambda: state.question is not None)
    lists = Condition(lambda: state.popup == "course" and state.question is None)
    pops = Condition(lambda: state.popup is not None and state.question is None)
    at_board = Condition(lambda: conductor.at_board and not line.text)
    completes = Condition(lambda: line.complete_state is not None)

    def on(*names: str, filter: Filter | None = None, eager: bool = False) -> Callable[[Callable[[], object]], None]:
        """Let a key do something that needs nothing of the event."""

        def bind(action: Callable[[], object]) -> None:
            condition = filter if filter is not None else True
            keys.add(*names, filter=condition, eager=eager)(lambda event: action())

        return bind

    for number in range(1, 11):
        on(f"f{number}")(lambda name=f"f{number}": actions.act(name))  # type: ignore[misc]
    on("c-c")(actions.interrupt)
    on("c-q")(lambda: actions.act("f10"))
    on("c-z")(line.undo)
    on("enter", filter=~completes)(actions.enter)
    on("pageup")(lambda: screen.page(-1))
    on("pagedown")(lambda: screen.page(1))
    on("c-up")(lambda: screen.scroll_terminal(-1))
    on("c-down")(lambda: screen.scroll_terminal(1))
    on("s-pageup")(lambda: screen.scroll_terminal(-10))
    on("s-pagedown")(lambda: screen.scroll_terminal(10))
    on("escape", filter=pops, eager=True)(lambda: actions.act("close"))
    on("q", filter=pops)(lambda: actions.act("close"))
    on("up", filter=lists)(lambda: actions.choose(-1))
    on("down", filter=lists)(lambda: actions.choose(1))
    on("up", filter=pops & ~lists)(lambda: screen.scroll_popup(-1))
    on("down", filter=pops & ~lists)(lambda: screen.scroll_popup(1))
    on("y", filter=asks)(lambda: actions.act("yes"))
    on("n", filter=asks)(lambda: actions.act("no"))
    on("escape", filter=asks, eager=True)(lambda: actions.act("no"))
    for name in FOR_THE_BOARD:
        on(name.replace("ctrl", "c"), filter=at_board)(lambda name=name: conductor.key(name))  # type: ignore[misc]

    @keys.add("enter", filter=completes)
    def _(event: KeyPressEvent) -> None:
        """Take the completion that is shown."""
        line.complete_state = None

    @keys.add("c-d", filter=~at_board)
    def _(event: KeyPressEvent) -> None:
        """Delete under the cursor; an empty line is no reason to leave."""
        line.delete()

    @keys.add(Keys.Any, filter=pops | asks)
    def _(event: KeyPressEvent) -> None:
        """Nothing is typed behind a popup."""

    @keys.add(Keys.BracketedPaste)
    def _(event: KeyPressEvent) -> None:
        """Paste: one line, as what is done with several is for the learner to see one by one."""
        first, _, more = event.data.strip("\r\n").replace("\r\n", "\n").replace("\r", "\n").partition("\n")
        line.insert_text(first)
        if more:
            state.remark(ONE_LINE)

    return keys
