"""Conversations -> data sets: clips of one voice each, with what is said in them."""
