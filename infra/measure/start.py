"""Counts the instructions that each function executes from its start until it first asks for an event.

    cargo build --release && "$(cargo run -q -- tools)/bin/python" infra/measure/start.py

Requires valgrind. The count does not depend on the load of the machine. The functions get the environment
variables of the template. If the template sets a variable to a parameter, the value is the default of the
parameter. Otherwise the value is a placeholder.
"""

import os
import pathlib
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from samtranslator.yaml_helper import yaml_parse

ROOT = pathlib.Path(__file__).parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
TEMPLATE = yaml_parse((ROOT / "infra/template.yaml").read_text())
PLACEHOLDER = "http://127.0.0.1/measured"


def variables(properties):
    return properties.get("Environment", {}).get("Variables", {})


def value(template_value):
    """Returns the default of the parameter that a template value refers to, or the placeholder."""
    parameter = template_value.get("Ref") if isinstance(template_value, dict) else None
    return str(TEMPLATE["Parameters"].get(parameter, {}).get("Default", PLACEHOLDER))


def functions():
    """Yields the name and the environment of each function."""
    for resource in TEMPLATE["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            own = resource["Properties"]
            given = variables(TEMPLATE["Globals"]["Function"]) | variables(own)
            yield pathlib.Path(own["CodeUri"]).name, {name: value(of) for name, of in given.items()}


def instructions(binary, given):
    """Returns the number of instructions that the binary executes until it asks for its first event."""
    asked = threading.Event()

    class RuntimeApi(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()
            self.close_connection = True

        def log_message(self, *_):
            pass

    api = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    environment = given | {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": binary.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_GROUP_NAME": "measured",
        "AWS_LAMBDA_LOG_STREAM_NAME": "measured",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(binary)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if not asked.wait(timeout=120):
        process.kill()
        raise SystemExit(f"{binary.name} did not ask for an event: {process.communicate()[0]}")
    process.terminate()
    report = process.communicate()[1]
    api.shutdown()
    return int(re.search(r"Collected : (\d+)", report).group(1))


for name, given in functions():
    binary = TARGET / name
    size = binary.stat().st_size / 1e6
    print(f"{name:16} {size:5.2f} MB {instructions(binary, given) / 1e6:6.2f} M instructions to the first event")
