"""Runs ministack, the emulated AWS, for one local stack.

Its settings come from the environment (GATEWAY_PORT, BIND_HOST, ...). Changes what has no setting:

- Answers to functions leave at once. With Nagle's algorithm on, every invocation waits 40 ms for an acknowledgement.
- An invocation ends with its answer. Left alone, one that logs nothing is held for 50 ms in case a log line comes.
- Queues are looked at ten times a second and schedules once a second, so that a delayed message and a minute's tick
  arrive when AWS would deliver them. Left alone, they are up to 1 s and 10 s late.
- A restored table's stream is read from its start: ministack keeps how far each reader had come, but not the stream,
  and would skip as many changes as were made before the restart.
- Nothing outlives whoever started it: when that process is gone, so are ministack and the functions it started.
"""

import json
import os
import signal
import socketserver
import threading
import time
from pathlib import Path

from ministack import app
from ministack.core import concurrency, lambda_runtime
from ministack.services import eventbridge

QUEUE_LOOK_SECONDS = 0.1
SCHEDULE_LOOK_SECONDS = 1
SHUTDOWN_SECONDS = 10


def look_at_queues():
    while True:
        time.sleep(QUEUE_LOOK_SECONDS)
        concurrency.esm_wake.set()


def end_invocations_with_their_answer():
    drain = lambda_runtime.Worker._drain_stderr_bounded
    lambda_runtime.Worker._drain_stderr_bounded = lambda worker, first_line_wait=0: drain(worker, first_line_wait)


def forget_stream_positions():
    path = Path(os.environ["STATE_DIR"], "lambda.json")
    if path.exists():
        state = json.loads(path.read_text())
        state["payload"].pop("dynamodb_stream_positions", None)
        path.write_text(json.dumps(state))


def stop_when_orphaned(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SHUTDOWN_SECONDS)
    os.killpg(0, signal.SIGKILL)


def stop_functions():
    """Ends the function processes, which share this process group; this process goes on to exit by itself."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


def main():
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    end_invocations_with_their_answer()
    forget_stream_positions()
    eventbridge._SCHEDULER_TICK_INTERVAL = SCHEDULE_LOOK_SECONDS
    for target, arguments in ((look_at_queues, ()), (stop_when_orphaned, (os.getppid(),))):
        threading.Thread(target=target, args=arguments, daemon=True).start()
    try:
        app.main()
    finally:
        stop_functions()


if __name__ == "__main__":
    main()
