"""TaskRouter's resources as typed objects that are bound to their client."""
