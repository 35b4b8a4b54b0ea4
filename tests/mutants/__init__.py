"""Every broken service is noticed on the right row, and no healthy one is blamed."""
