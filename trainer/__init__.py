"""The tutor: lessons, the learner's shell, and the `espdojo` command."""
