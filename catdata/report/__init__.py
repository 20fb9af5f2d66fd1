"""What people see: figures drawn from the records of the learning wing."""
