"""Counts the instructions that a release function executes until it first asks the Runtime API for an event.

    cargo build --release && python3 infra/measure/start.py

Needs valgrind. The count is repeatable for the same binary, whatever else the machine does.
"""

import os
import pathlib
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FUNCTIONS = ["apply", "redeem", "admin", "expiry-scan", "event-relay", "action-executor"]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", pathlib.Path(__file__).parents[2] / "target")) / "release"


def instructions(binary):
    asked = threading.Event()

    class RuntimeApi(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()
            self.close_connection = True

        def log_message(self, *_):
            pass

    api = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": binary.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_GROUP_NAME": "measured",
        "AWS_LAMBDA_LOG_STREAM_NAME": "measured",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": "measured",
        "BUS_NAME": "measured",
        "TIMERS_QUEUE_URL": "http://127.0.0.1/measured",
        "SENDER_EMAIL": "measured@example.com",
    }
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(binary)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    asked.wait(timeout=120)
    process.terminate()
    report = process.communicate()[1]
    api.shutdown()
    return int(re.search(r"Collected : (\d+)", report).group(1))


for name in FUNCTIONS:
    binary = TARGET / name
    size = binary.stat().st_size / 1e6
    print(f"{name:16} {size:5.2f} MB {instructions(binary) / 1e6:6.2f} M instructions to the first event")
