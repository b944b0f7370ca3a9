"""Python imports this at its start, before any program, when this folder is on PYTHONPATH: the board gets plugged in.

A sitecustomize of the user's own, which this one hides, runs afterwards as if this one were not there.
"""

import importlib.machinery
import importlib.util
import os
import sys

from espdojo_port import hooks  # type: ignore[import-not-found]  # this folder is on the path by then

hooks.install()


def _run_the_hidden_one() -> None:
    here = os.path.realpath(os.path.dirname(__file__))
    elsewhere = [entry for entry in sys.path if os.path.realpath(entry or os.curdir) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


_run_the_hidden_one()
