"""Counts the instructions that a release function executes until it first asks the Runtime API for an event.

    cargo build --release && "$(cargo run -q -- tools)/bin/python" infra/measure/start.py

Needs valgrind. The count is repeatable for the same binary, whatever else the machine does. The functions get the
variables that the template gives them: a parameter's default, and for what only a deployment knows a stand-in.
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
STAND_IN = "http://127.0.0.1/measured"


def variables(properties):
    return properties.get("Environment", {}).get("Variables", {})


def value(template_value):
    """The default of the parameter that a template's value refers to, or the stand-in."""
    parameter = template_value.get("Ref") if isinstance(template_value, dict) else None
    return str(TEMPLATE["Parameters"].get(parameter, {}).get("Default", STAND_IN))


def functions():
    """Each function's name with its environment."""
    for resource in TEMPLATE["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            own = resource["Properties"]
            given = variables(TEMPLATE["Globals"]["Function"]) | variables(own)
            yield pathlib.Path(own["CodeUri"]).name, {name: value(of) for name, of in given.items()}


def instructions(binary, given):
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
        raise SystemExit(f"{binary.name} asked for no event: {process.communicate()[0]}")
    process.terminate()
    report = process.communicate()[1]
    api.shutdown()
    return int(re.search(r"Collected : (\d+)", report).group(1))


for name, given in functions():
    binary = TARGET / name
    size = binary.stat().st_size / 1e6
    print(f"{name:16} {size:5.2f} MB {instructions(binary, given) / 1e6:6.2f} M instructions to the first event")
