"""The subcommands of `espdojo`: a module for each row of `trainer.cli.COMMANDS` that has no other place, and what only
they need: `certificate` and `standing` belong to `progress`, and `templates/` holds what `new` writes.

Only `trainer.cli` imports from here.
"""
