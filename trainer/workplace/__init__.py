"""Where a lesson is done: the equipment that is chosen for it, the desk and the hands at it, what is told of a board,
and how all is arranged before the first step.

It knows lessons and sessions, the shell, and the board; interfaces, the demo and the validator stand upon it.
"""
