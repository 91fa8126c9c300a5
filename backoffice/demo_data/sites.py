"""Sixty stations with the coordinates (WGS-84) of the places they are named after, and how lively they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Site:
    """A station to be. ``size`` is how many piles stand there, ``pull`` how much they are used (1 is usual)."""

    code: str
    owner: str
    name: str
    city: str
    latitude: str
    longitude: str
    size: int
    pull: float


class _Row(NamedTuple):
    name: str
    latitude: float
    longitude: float
    size: int
    pull: float = 1.0


_ROWS: dict[tuple[str, str, str], tuple[_Row, ...]] = {
    ("HZ", "HZ-BINJIANG", "杭州 Hangzhou"): (
        _Row("Jiangling Road 江陵路", 30.209214, 120.216318, 8, 1.5),
        _Row("Olympic Centre 奥体中心", 30.229705, 120.226233, 6, 1.2),
        _Row("Future Tech City 未来科技城", 30.278702, 119.999541, 7, 1.3),
        _Row("Xixi Wetland 西溪湿地", 30.270611, 120.063709, 4, 0.7),
        _Row("Hangzhou East 杭州东站", 30.290714, 120.213205, 6, 1.6),
        _Row("Qianjiang New City 钱江新城", 30.245118, 120.211467, 5, 1.1),
    ),
    ("NB", "NB-PORT", "宁波 Ningbo"): (
        _Row("Beilun Port 北仑港", 29.938617, 121.844629, 8, 1.4),
        _Row("Yinzhou Centre 鄞州中心", 29.816704, 121.546118, 5, 1.0),
        _Row("Ningbo Station 宁波站", 29.864412, 121.536207, 5, 1.2),
        _Row("Zhenhai Truck Yard 镇海货运场", 29.949031, 121.716605, 6, 0.9),
        _Row("Dongqian Lake 东钱湖", 29.772310, 121.660214, 3, 0.5),
    ),
    ("SZ", "SZ-LAKE", "苏州 Suzhou"): (
        _Row("Lakeside East 园区湖东", 31.311705, 120.723412, 6, 1.2),
        _Row("Jinji Lake 金鸡湖", 31.306018, 120.696031, 5, 1.1),
        _Row("Suzhou North 苏州北站", 31.423008, 120.641605, 5, 1.0),
        _Row("Guanqian Street 观前街", 31.311812, 120.629504, 4, 0.9),
        _Row("Science Town 科技城", 31.342115, 120.436722, 3, 0.6),
    ),
    ("SH", "SH-HUB", "上海 Shanghai"): (
        _Row("Hongqiao Hub 虹桥枢纽", 31.194027, 121.320614, 8, 1.8),
        _Row("Zhangjiang 张江", 31.206912, 121.599718, 6, 1.3),
        _Row("Century Park 世纪公园", 31.215904, 121.551907, 4, 0.9),
        _Row("Xujiahui 徐家汇", 31.195013, 121.436812, 5, 1.2),
        _Row("Wujiaochang 五角场", 31.300809, 121.514306, 5, 1.0),
        _Row("Lingang 临港", 30.900611, 121.930018, 6, 0.7),
    ),
    ("BJ", "QILIN", "北京 Beijing"): (
        _Row("Wangjing 望京", 39.996012, 116.470021, 5, 1.1),
        _Row("Yizhuang 亦庄", 39.795018, 116.506009, 5, 0.9),
    ),
    ("NJ", "NJ-CENTRE", "南京 Nanjing"): (
        _Row("Xinjiekou 新街口", 32.042209, 118.778415, 5, 1.4),
        _Row("Nanjing South 南京南站", 31.968705, 118.798611, 6, 1.3),
        _Row("Hexi 河西", 32.003612, 118.729018, 5, 1.0),
        _Row("Xianlin 仙林", 32.102617, 118.924603, 3, 0.7),
        _Row("Jiangning 江宁", 31.952908, 118.839914, 4, 0.8),
    ),
    ("WH", "WH-OPTICS", "武汉 Wuhan"): (
        _Row("Optics Valley 光谷", 30.505711, 114.398507, 7, 1.4),
        _Row("Hankou Station 汉口站", 30.617609, 114.255014, 5, 1.1),
        _Row("Wuchang 武昌", 30.546603, 114.316208, 4, 0.9),
        _Row("Zhuankou 沌口", 30.492612, 114.175715, 5, 0.8),
        _Row("East Lake 东湖", 30.556018, 114.372411, 3, 0.6),
    ),
    ("CD", "LANTERN", "成都 Chengdu"): (
        _Row("Tianfu Software Park 天府软件园", 30.543007, 104.066713, 5, 1.1),
        _Row("Chengdu East 成都东站", 30.630011, 104.141006, 5, 1.2),
    ),
    ("NS", "SZ-NANSHAN", "深圳 Shenzhen"): (
        _Row("Nanshan Science Park 南山科技园", 22.540508, 113.953512, 7, 1.7),
        _Row("Qianhai 前海", 22.517014, 113.898006, 5, 1.1),
        _Row("Futian CBD 福田中心区", 22.533309, 114.055017, 6, 1.4),
        _Row("Bao'an Airport 宝安机场", 22.639012, 113.814508, 6, 1.5),
        _Row("Shenzhen North 深圳北站", 22.609617, 114.029004, 5, 1.2),
        _Row("Longgang 龙岗", 22.720911, 114.247809, 3, 0.8),
    ),
    ("GZ", "GZ-TIANHE", "广州 Guangzhou"): (
        _Row("Tianhe Plaza 天河广场", 23.132908, 113.327013, 6, 1.4),
        _Row("Zhujiang New Town 珠江新城", 23.119005, 113.322009, 5, 1.2),
        _Row("Guangzhou South 广州南站", 22.989014, 113.269017, 6, 1.3),
        _Row("Huangpu 黄埔", 23.106011, 113.459006, 4, 0.8),
        _Row("Baiyun Airport 白云机场", 23.392409, 113.298812, 5, 1.1),
        _Row("Panyu 番禺", 22.937616, 113.384507, 3, 0.7),
    ),
    ("ZH", "PEARL", "珠海 Zhuhai"): (_Row("Gongbei Port 拱北口岸", 22.217412, 113.552609, 4, 0.9),),
    ("HH", "HAMBURG", "Hamburg"): (
        _Row("HafenCity", 53.541309, 9.999014, 6, 1.2),
        _Row("Altona", 53.550012, 9.935008, 4, 1.0),
        _Row("Flughafen", 53.630411, 9.988206, 5, 1.1),
        _Row("Bergedorf", 53.489007, 10.213015, 3, 0.6),
        _Row("Bremen Überseestadt", 53.096012, 8.777009, 4, 0.7),
    ),
    ("LY", "LYON", "Lyon"): (
        _Row("Gerland", 45.727008, 4.830011, 5, 1.1),
        _Row("Part-Dieu", 45.760614, 4.859407, 5, 1.2),
        _Row("Villeurbanne", 45.772009, 4.890012, 3, 0.7),
        _Row("Grenoble Europole", 45.191006, 5.711014, 4, 0.8),
    ),
    ("EU", "RHINE", "Berlin, Frankfurt"): (
        _Row("Berlin Adlershof", 52.431011, 13.532008, 4, 0.9),
        _Row("Frankfurt Gateway Gardens", 50.050013, 8.570006, 5, 1.0),
    ),
}

SITES = tuple(
    Site(
        f"{prefix}-{number:02d}",
        owner,
        row.name,
        city,
        f"{row.latitude:.6f}",
        f"{row.longitude:.6f}",
        row.size,
        row.pull,
    )
    for (prefix, owner, city), rows in _ROWS.items()
    for number, row in enumerate(rows, start=1)
)
