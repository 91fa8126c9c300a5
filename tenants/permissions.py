from backoffice.kit.perms import Perm


class TenantPerm(Perm):
    VIEW = "tenants.view"
    MANAGE = "tenants.manage"
    CLOSE = "tenants.close"
    PROFILE = "tenants.profile"  # of the own tenant
    STAFF_VIEW = "tenants.staff_view"
    STAFF_MANAGE = "tenants.staff_manage"
    AUDIT_VIEW = "tenants.audit_view"
    EXPORT = "tenants.export"
    SETTINGS_VIEW = "tenants.settings_view"
    SETTINGS = "tenants.settings"
    PROCESSES = "tenants.processes"  # timers and parts of the whole installation
