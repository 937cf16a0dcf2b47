"""Runs ministack, the AWS emulator, for one local stack.

ministack reads its settings from environment variables such as GATEWAY_PORT and BIND_HOST. This launcher changes behaviour
that has no setting:

- Turns off Nagle's algorithm for responses to functions. The algorithm delays every invocation by 40 ms.
- Ends an invocation as soon as the function has responded. By default, ministack waits another 50 ms for log lines if the
  function has logged nothing.
- Polls the queues ten times per second and the schedule once per second, so that delayed messages and the schedule are as
  punctual as on AWS. By default, delayed messages are up to 1 s late, and the schedule is up to 10 s late.
- Reads the stream of a restored table from its start. ministack restores the positions of the readers but not the
  stream, so the readers would skip changes.
- Permits a function only what its role permits. By default, roles have no effect. The module `roles` has the details.
- Stops when the process that started the launcher has ended, and stops the functions that ministack started.
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

import roles

QUEUE_POLL_SECONDS = 0.1
SCHEDULE_POLL_SECONDS = 1
SHUTDOWN_SECONDS = 10


def poll_queues():
    while True:
        time.sleep(QUEUE_POLL_SECONDS)
        concurrency.esm_wake.set()


def end_invocations_with_their_response():
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
    """Stops the function processes by a signal to the process group. This process ignores the signal and exits by itself."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


def main():
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True
    end_invocations_with_their_response()
    forget_stream_positions()
    roles.enforce()
    eventbridge._SCHEDULER_TICK_INTERVAL = SCHEDULE_POLL_SECONDS
    for target, arguments in ((poll_queues, ()), (stop_when_orphaned, (os.getppid(),))):
        threading.Thread(target=target, args=arguments, daemon=True).start()
    try:
        app.main()
    finally:
        stop_functions()


if __name__ == "__main__":
    main()
