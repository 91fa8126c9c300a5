"""The counters of a gateway as Prometheus reads them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ocpp_gateway.metrics import Metrics


def lines(metrics: Metrics) -> list[str]:
    return metrics.render().decode().splitlines()


def test_batches_are_counted_by_size_and_by_how_long_their_commit_took() -> None:
    metrics = Metrics()
    for facts, seconds in ((1, 0.004), (7, 0.02), (900, 40.0)):
        metrics.committed(facts, seconds)

    text = lines(metrics)
    assert 'ocpp_gateway_batch_facts_bucket{le="10.0"} 2.0' in text
    assert 'ocpp_gateway_batch_facts_bucket{le="+Inf"} 3.0' in text
    assert "ocpp_gateway_batch_facts_sum 908.0" in text
    assert 'ocpp_gateway_commit_seconds_bucket{le="0.025"} 2.0' in text
    assert "ocpp_gateway_commit_seconds_count 3.0" in text


def test_lanes_that_count_at_the_same_time_lose_nothing() -> None:
    metrics = Metrics()

    def lane(_number: int) -> None:
        for _batch in range(5_000):
            metrics.committed(2, 0.01)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lane, range(4)))

    assert "ocpp_gateway_batch_facts_sum 40000.0" in lines(metrics)


def test_names_that_a_pile_makes_up_are_counted_as_one() -> None:
    metrics = Metrics()
    for number in range(50):
        metrics.frame("in", "call", f"Nonsense{number}")

    assert sum("ocpp_gateway_frames_total{" in line for line in lines(metrics)) == 1
