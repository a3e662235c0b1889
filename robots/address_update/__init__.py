"""The robot that keeps the addresses of parties as CPR has them."""
