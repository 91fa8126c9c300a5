"""What a chart shows is there as a table too, for whom no script draws it."""

from __future__ import annotations

from django.template import Context, Template

from backoffice.kit.frame import Chart, Series
from backoffice.kit.plots import MOST_LINES, plot_values


def test_curves_stand_side_by_side_at_the_times_of_their_values() -> None:
    power = Series("Power", [(480.0, 60.25), (485.5, None), (1455.0, 1200.0)])
    soc = Series("SoC", [(480.0, 20.0), (490.0, 24.0)], axis=1)

    values = plot_values(Chart([power, soc], ["kW", "%"]))

    assert values.heads == ["Power, kW", "SoC, %"]
    assert [(at, [str(one) for one in figures]) for at, figures in values.lines] == [
        ("08:00", ["60.3", "20.0"]),
        ("08:10", ['<span class="none">–</span>', "24.0"]),
        ("00:15", ["1,200.0", '<span class="none">–</span>']),
    ]


def test_bars_stand_under_their_labels() -> None:
    values = plot_values(Chart([Series("Energy", [3.0, None, 5.0])], ["MWh"], labels=["Jan", "Feb", "Mar"]))

    assert [at for at, _figures in values.lines] == ["Jan", "Mar"]


def test_a_long_curve_is_thinned_out_and_keeps_its_end() -> None:
    values = plot_values(Chart([Series("Power", [(float(at), 1.0) for at in range(600)])], ["kW"]))

    assert 30 < len(values.lines) <= MOST_LINES + 1
    assert (values.lines[0][0], values.lines[-1][0]) == ("00:00", "09:59")


def test_the_table_stands_where_scripts_do_not_run() -> None:
    template = Template('{% include "kit/_plot_values.html" %}')

    page = template.render(Context({"chart": Chart([Series("<b>", [1.0])], ["kW"]), "label": "Load"}))
    nothing = template.render(Context({"chart": Chart([Series("Power", [])], ["kW"]), "label": "Load"}))

    assert page.strip().startswith("<noscript>")
    assert "&lt;b&gt;, kW" in page
    assert "Nothing yet." in nothing
