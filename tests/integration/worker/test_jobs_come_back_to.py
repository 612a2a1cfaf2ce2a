"""Jobs that somebody comes back to: by their log, by an idempotency key, by limits that refuse them."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace

import orjson
import pytest

from flowisectl.errors import JobNotFound, QueueFull
from flowisectl.events.wire import RETRY_EVENT
from flowisectl.predictions.idempotency import KeyReused
from flowisectl.predictions.place import Place
from flowisectl.predictions.submission import Acceptance
from flowisectl.queue.script_parts import LOG_AFTER_SECONDS


def tokens(texts: list[str]) -> list[bytes]:
    return [orjson.dumps({"event": "token", "data": text}) for text in texts]


async def whole(followed) -> list[tuple[str, bytes]]:
    async with asyncio.timeout(20):
        return [item async for batch in followed.numbered() for item in batch]


async def test_another_main_replays_what_was_streamed_and_follows(start_main, start_worker, request_for, tmp_path) -> None:
    first, second, _ = await start_main(), await start_main(), await start_worker()
    hold = tmp_path / "go"
    submission = await first.submit(request_for(stream=True, tokens=["a", "b"], hold=str(hold)))
    reader = second.follow(submission.job_id).numbered()

    begun: list[tuple[str, bytes]] = []
    while len(begun) < 2:
        begun += await asyncio.wait_for(anext(reader), 10)
    hold.touch()
    rest = [item async for batch in reader for item in batch]

    assert begun == list(zip(["1-1", "1-2"], tokens(["a", "b"]), strict=True))
    assert [place for place, _ in rest] == ["1-3"]
    assert orjson.loads(rest[0][1])["event"] == "metadata"
    assert (await second.follow(submission.job_id).result()).body == (await submission.result()).body


async def test_client_goes_on_behind_the_last_event_it_got(start_main, start_worker, request_for) -> None:
    main, _ = await start_main(), await start_worker()
    submission = await main.submit(request_for(stream=True, tokens=["a", "b", "c"]))
    await submission.result()

    rest = await whole(main.follow(submission.job_id, after=Place(run=1, number=2)))

    assert [place for place, _ in rest] == ["1-3", "1-4"]
    assert rest[0][1] == tokens(["c"])[0]


@pytest.mark.slow
async def test_client_that_comes_back_to_another_attempt_is_told_to_begin_again(
    start_main, start_worker, start_worker_process, request_for, tmp_path
) -> None:
    main, doomed = await start_main(), start_worker_process()
    hold = tmp_path / "go"
    submission = await main.submit(request_for(stream=True, tokens=["a", "b"], hold=str(hold)))
    reader = main.follow(submission.job_id).numbered()
    begun: list[tuple[str, bytes]] = []
    while len(begun) < 2:
        begun += await asyncio.wait_for(anext(reader), 20)
    doomed.send_signal(signal.SIGKILL)
    hold.touch()
    await start_worker()
    await asyncio.wait_for(submission.result(), 20)

    again = await whole(main.follow(submission.job_id, after=Place(run=1, number=2)))

    assert [event for _, event in again][:3] == [RETRY_EVENT, *tokens(["a", "b"])]
    assert [place for place, _ in again][:3] == ["2-0", "2-1", "2-2"]
    rest = [item async for batch in reader for item in batch]
    assert rest == again


async def test_job_whose_log_is_gone_gives_its_answer(start_main, start_worker, request_for, redis, queue_settings) -> None:
    main, _ = await start_main(), await start_worker()
    submission = await main.submit(request_for(stream=True, tokens=["a", "b"]))
    await submission.result()
    key = f"{queue_settings.name}:prediction:log:{submission.job_id}:1"
    assert 0 < await redis.ttl(key) <= LOG_AFTER_SECONDS
    await redis.delete(key)

    fresh = await whole(main.follow(submission.job_id))
    returned = await whole(main.follow(submission.job_id, after=Place(run=1, number=1)))

    assert [event for _, event in fresh] == tokens(["ab"])
    assert [event for _, event in returned] == [RETRY_EVENT, *tokens(["ab"])]


async def test_unknown_job_is_told_as_such(start_main) -> None:
    main = await start_main()

    for ask in (main.job("0" * 32), main.follow("0" * 32).result(), main.job("../x")):
        with pytest.raises(JobNotFound):
            await ask


async def test_detached_job_runs_without_anybody_waiting(start_main, start_worker, request_for) -> None:
    main, _ = await start_main(), await start_worker()

    submission = await main.submit(request_for(stream=True, tokens=["a"]), Acceptance(is_detached=True))
    events = await whole(submission)
    status = await main.job(submission.job_id)

    assert [event for _, event in events][:1] == tokens(["a"])
    assert (status.state, status.attempts) == ("done", 1)
    assert orjson.loads(status.to_bytes())["result"]["text"] == "a"


async def test_equal_keys_are_one_job_for_every_main(start_main, start_worker, request_for) -> None:
    first, second, (_, runner) = await start_main(), await start_main(), await start_worker()
    request = request_for(tokens=["a"])
    key = Acceptance(idempotency_key="k1", caller="me")

    one, other = await asyncio.gather(first.submit(request, key), second.submit(replace(request, message_id="0" * 32), key))

    assert one.job_id == other.job_id
    results = await asyncio.wait_for(asyncio.gather(one.result(), other.result()), 10)
    assert results[0].body == results[1].body
    assert len(runner.runs) == 1


async def test_key_of_another_request_caller_or_flow_is_another_job_or_refused(start_main, start_worker, request_for) -> None:
    main, _ = await start_main(), await start_worker()
    key = Acceptance(idempotency_key="k1", caller="me")
    one = await main.submit(request_for(tokens=["a"]), key)

    with pytest.raises(KeyReused):
        await main.submit(request_for(tokens=["b"]), key)
    others = [
        await main.submit(request_for(tokens=["a"]), replace(key, caller="you")),
        await main.submit(request_for(tokens=["a"], flow="other"), key),
        await main.submit(request_for(tokens=["a"]), replace(key, idempotency_key="k2")),
    ]

    assert len({one.job_id, *(other.job_id for other in others)}) == 4


async def test_full_queue_refuses_and_takes_again_when_there_is_room(start_main, start_worker, request_for) -> None:
    main = await start_main(max_waiting=3)
    waiting = [await main.submit(request_for()) for _ in range(3)]

    with pytest.raises(QueueFull, match="QUEUE_MAX_WAITING"):
        await main.submit(request_for())
    await start_worker()
    await asyncio.wait_for(asyncio.gather(*(one.result() for one in waiting)), 10)

    assert (await asyncio.wait_for((await main.submit(request_for())).result(), 10)).is_ok


async def test_flow_with_a_limit_refuses_what_is_over_it_and_other_flows_are_served(
    start_main, start_worker, request_for, tmp_path
) -> None:
    main, _ = await start_main(), await start_worker()
    hold, two = tmp_path / "go", Acceptance(max_of_flow=2)
    running = [await main.submit(request_for(hold=str(hold)), two) for _ in range(2)]

    with pytest.raises(QueueFull, match="this flow"):
        await main.submit(request_for(), two)
    other = await main.submit(request_for(flow="other"), two)
    assert (await asyncio.wait_for(other.result(), 10)).is_ok
    hold.touch()
    await asyncio.wait_for(asyncio.gather(*(one.result() for one in running)), 10)

    assert (await asyncio.wait_for((await main.submit(request_for(), two)).result(), 10)).is_ok


async def test_numbered_events_of_the_own_stream_carry_the_ids_of_the_log(start_main, start_worker, request_for) -> None:
    main, _ = await start_main(), await start_worker()

    submission = await main.submit(request_for(stream=True, tokens=["a", "b"]), Acceptance(is_numbered=True))
    own = await whole(submission)

    assert own == await whole(main.follow(submission.job_id))
    assert [place for place, _ in own] == ["1-1", "1-2", "1-3"]
