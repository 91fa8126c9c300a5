from backoffice.kit.perms import Perm


class StationPerm(Perm):
    VIEW = "stations.view"
    MANAGE = "stations.manage"
    MODELS_MANAGE = "stations.models_manage"
    CREDENTIALS = "stations.credentials"
    AUTHORITY = "stations.authority"  # who signs the certificates of piles
    CLAIM = "stations.claim"
    TARIFF_VIEW = "stations.tariff_view"
    TARIFF_MANAGE = "stations.tariff_manage"
    COMMAND_BASIC = "stations.command_basic"  # start, stop, unlock, reset, availability
    COMMAND_ENGINEER = "stations.command_engineer"  # configuration, triggers, raw requests
    RESERVE = "stations.reserve"
    LIST_MANAGE = "stations.list_manage"  # which cards piles know by themselves
    FRAMES_VIEW = "stations.frames_view"
    EXPORT = "stations.export"
    IMPORT = "stations.import"  # terminals by Excel
    HANDOVER = "stations.handover"  # offer terminals to the level below
    HANDOVER_STATIONS = "stations.handover_stations"
    RECEIVE = "stations.receive"  # decide about what the level above offers
