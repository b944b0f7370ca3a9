"""with_belay.py PORT: a function that runs on the board, called from here."""

import sys

import belay

with belay.Device(sys.argv[1]) as device:

    @device.task
    def square(number):
        return number * number

    @device.setup
    def remember(value):
        kept = value  # noqa: F841  # a global on the board

    remember("Grüße")
    print("square", square(7))
    print("kept", device("kept"))
