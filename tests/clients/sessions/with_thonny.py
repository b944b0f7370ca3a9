"""with_thonny.py PORT: starts Thonny's backend as the application does, and has it run a program and list files."""

import subprocess
import sys

import thonny
from thonny.common import (
    BackendEvent,
    InlineCommand,
    InlineResponse,
    ToplevelCommand,
    ToplevelResponse,
    parse_message,
    serialize_message,
)
from thonny.plugins.esp import esp_back

thonny.prepare_thonny_user_dir()
settings = {
    "port": sys.argv[1],
    "clean": True,
    "submit_mode": None,
    "write_block_size": None,
    "write_block_delay": None,
    "read_block_size": None,
    "dtr": None,
    "rts": None,
    "use_rtc": True,
    "sync_time": True,
    "local_rtc": True,
    "utc_clock": False,
    "interrupt_on_connect": True,
    "proxy_class": "ESP8266Proxy",
}
backend = subprocess.Popen(
    [sys.executable, "-u", "-X", "utf8", esp_back.__file__, repr(settings)],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
    encoding="utf-8",
)


def send(command):
    backend.stdin.write(serialize_message(command) + "\n")
    backend.stdin.flush()


def until(kind):
    """The next message of that class; prints what the board says meanwhile."""
    for line in backend.stdout:
        try:
            message = parse_message(line)
        except Exception:
            print(line.rstrip())
            continue
        if isinstance(message, kind):
            return message
        if isinstance(message, BackendEvent) and message.event_type == "ProgramOutput":
            print(message["data"], end="")
    sys.exit("the backend ended")


until(ToplevelResponse)
send(ToplevelCommand("execute_source", source="print('product', 6 * 7)"))
until(ToplevelResponse)
send(InlineCommand("get_dirs_children_info", node_id="/", paths=["/"], include_hidden=True, id=1))
print(until(InlineResponse))
backend.stdin.close()
backend.terminate()
