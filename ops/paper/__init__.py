"""What journals prove before real money: what each voter has earned on paper, and that the kill switch was tried."""
