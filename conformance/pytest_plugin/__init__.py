"""The suite inside pytest: options, collection, items, and the report at the end."""
