"""The routes of other systems, for clients that already speak to those."""
