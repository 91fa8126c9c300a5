from backoffice.kit.perms import Perm


class DriverPerm(Perm):
    VIEW = "drivers.view"
    SEE_PHONE = "drivers.see_phone"
    UNMASK = "drivers.unmask"  # see one phone once, with a reason
    MANAGE = "drivers.manage"
    SMS_VIEW = "drivers.sms_view"
    EXPORT = "drivers.export"
