"""Care by visits: a dose every day, an INR when the patient comes, who then is told when to come again."""
