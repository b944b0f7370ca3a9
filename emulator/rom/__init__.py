"""Our own mask ROM: boot, download protocol and library routines."""
