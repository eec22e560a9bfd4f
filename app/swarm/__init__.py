"""The person's node among others: who may reach it, how tasks are agreed on, what leaves."""
