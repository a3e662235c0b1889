"""The trail, handed to somebody who trusts neither us nor our database."""
