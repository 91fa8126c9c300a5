from backoffice.kit.perms import Perm


class ReportPerm(Perm):
    OVERVIEW = "reports.overview"
    EXPORT = "reports.export"
    BIG_SCREEN = "reports.big_screen"
    SHARE = "reports.share"  # give links to the big screen away
