from backoffice.kit.perms import Perm


class AlarmPerm(Perm):
    VIEW = "alarms.view"
    HANDLE = "alarms.handle"
    EXPORT = "alarms.export"
