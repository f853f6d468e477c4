"""The REST API: routes, parameters, filters, pages."""
