"""A referral on paper: for the chart, and for the patient."""
