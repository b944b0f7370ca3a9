"""How the tutor shows itself: on the whole screen where the terminal can, in plain lines everywhere else."""
