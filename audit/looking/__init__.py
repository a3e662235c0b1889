"""What an auditor, a citizen and a manager see of the trail; reads only, and decides nothing."""
