"""What can go wrong in the embedded cluster: each fault declared with what to see, and played."""
