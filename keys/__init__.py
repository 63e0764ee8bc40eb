"""API keys: who may call the service, and for what. Their table lies beside that of the jobs."""
