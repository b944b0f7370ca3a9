"""How the tutor shows itself: plain lines, and later the full screen."""
