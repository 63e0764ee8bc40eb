"""How hosted services and related systems say what this one says: a Conversation, or a refusal, in their shapes."""
