"""What happened and what it cost: transactions, samples, charging orders, abnormal cases."""
