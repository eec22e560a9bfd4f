"""Running skills, and asking the person before anything has consequences."""
