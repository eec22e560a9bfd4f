"""The chain as the program uses it: which one, what is asked of it, what is sent to it, what it is needed for."""
