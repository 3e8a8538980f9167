"""What AWS says where moto says something else, one file for what belongs together; see `table`."""
