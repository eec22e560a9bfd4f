"""The kinds of task, one file each, and the port they share."""
