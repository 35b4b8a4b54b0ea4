"""What goes over the wire: exchanges, their events, and what is wrong with them."""
