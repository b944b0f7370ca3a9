"""Proves a course: that its lessons are well written, and that they work as their author claims.

`static` reads lessons, `rehearsal` plays them on fake boards; both yield `findings.Finding`. `pool` plays several
lessons at once, `reports` shows what came of it. `trainer.validate` is the command `espdojo check`.
"""
