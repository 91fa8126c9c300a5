"""Who runs things: the tree of tenants, staff, memberships, sign-in, and entering the scope."""
