"""The privacy notice, and the purge that keeps what it promises."""
