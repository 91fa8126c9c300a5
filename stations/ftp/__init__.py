"""An FTP server for piles that know nothing else: one login a job, which can leave files and nothing more."""
