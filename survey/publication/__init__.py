"""A round becomes public: editions, publishing, the public pages, the API."""
