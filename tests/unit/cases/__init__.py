"""What the experiments do with replies, without a service."""
