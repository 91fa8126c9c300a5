"""Raw SQL, the only of the house. Each statement says which days or tenants it is about; no scope filters it."""
