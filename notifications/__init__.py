"""The post office: notices, deliveries, preferences. It does not know what a plan is."""
