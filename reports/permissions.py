from backoffice.kit.perms import Perm


class ReportPerm(Perm):
    OVERVIEW = "reports.overview"
    EXPORT = "reports.export"
