"""Long work as rows: an import or a bulk action goes on while its page is closed, and says how far it is."""

from guildshop.jobs.api import Job, JobDue, JobLine, JobState, LineState
from guildshop.jobs.service import MOST_SUBJECTS, Jobs

__all__ = ["MOST_SUBJECTS", "Job", "JobDue", "JobLine", "JobState", "Jobs", "LineState"]
