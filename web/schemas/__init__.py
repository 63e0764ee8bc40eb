"""What requests and answers look like, as pydantic models: the API's description (web/api.py) is made of them."""
