"""What callers asked to be told: that their job has ended, signed, to an address that may be called."""
