"""Bad days of the machines: clocks, disks, databases, rights and files that go away and come back."""
