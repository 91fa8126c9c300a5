from backoffice.kit import rooms


class TenantsRoom(rooms.Room):
    name = "tenants"
