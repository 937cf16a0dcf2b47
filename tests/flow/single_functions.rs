//! Runs single functions against the local stack with the commands of `infra/CONTRIBUTING.md`.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use couponflow_local::{Toolset, cargo, install_tools};
use couponflow_tests::readme;
use couponflow_tests::repository;
use couponflow_tests::shop::{Shop, eventually_within, state_dir};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

/// Maximum time for `cargo lambda` to get ready, and to build and start a function, on a busy
/// machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// The variables in the environment file besides those of the template.
const OF_LAMBDA: [&str; 4] = ["AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

#[tokio::test]
async fn the_environment_file_has_every_variable_of_the_template() {
    Shop::open("variables").await;
    let file = fs::read_to_string(state_dir().join("functions.env")).expect("the stack has written it");
    let written: BTreeSet<_> =
        file.lines().map(|line| line.split_once('=').expect("NAME=value").0.to_owned()).collect();
    let given = repository::function_variables().into_keys();
    let expected: BTreeSet<_> = given.chain(OF_LAMBDA.map(str::to_owned)).collect();
    assert_eq!(written, expected);
    assert!(!file.contains("=\n"), "every variable has a value: {file}");
}

#[tokio::test]
async fn every_function_responds_to_the_documented_commands() {
    let shop = Shop::open("single-functions").await;
    shop.coupon("FLASH20", json!({})).await;
    let blocks = readme::section_of("infra/CONTRIBUTING.md", "Work on one function");
    let commands: String = blocks.into_iter().map(|block| block.text).collect();
    let command = |start: &str| commands.lines().filter(|line| line.starts_with(start)).map(without_comment).collect();
    let [watch]: [String; 1] = command_lines(command("cargo lambda watch"));
    let invocations: Vec<String> = command("cargo lambda invoke ");
    let lambda = CargoLambda::start(&watch).await;

    let mut invoked = BTreeSet::new();
    for invocation in &invocations {
        let answer = lambda.invoke(&shop, invocation).await;
        let function = invocation.split_whitespace().nth(3).expect("the name of a function").to_owned();
        match function.as_str() {
            "apply" | "api" => assert_eq!(answer["statusCode"], 200, "{invocation}: {answer}"),
            "redeem" => assert_eq!(answer["statusCode"], 201, "{invocation}: {answer}"),
            "event-relay" | "action-executor" => {
                assert_eq!(answer["batchItemFailures"], json!([]), "{invocation}: {answer}")
            }
            "expiry-scan" => assert_eq!(answer["errorMessage"], Value::Null, "{invocation}: {answer}"),
            other => panic!("there is no function {other}"),
        }
        invoked.insert(function);
    }
    assert_eq!(invoked, shop.stack.functions.keys().cloned().collect(), "the commands invoke every function");
}

fn command_lines<const N: usize>(lines: Vec<String>) -> [String; N] {
    lines.try_into().unwrap_or_else(|lines| panic!("expected {N} commands, found {lines:?}"))
}

fn without_comment(line: &str) -> String {
    line.split("  #").next().unwrap_or(line).trim_end().to_owned()
}

/// A running `cargo lambda watch`, which stops when this value is dropped.
struct CargoLambda {
    watch: Child,
    path: String,
    port: u16,
    log: PathBuf,
}

impl CargoLambda {
    /// Runs the documented command with the environment file of the tests' stack, on a free port.
    async fn start(command: &str) -> Self {
        let tools = install_tools(Toolset::CargoLambda).await.expect("cargo-lambda can be installed");
        let path = format!("{}:{}", tools.join("bin").display(), std::env::var("PATH").unwrap_or_default());
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a port").port();
        let command = command.replace(".local/functions.env", &state_dir().join("functions.env").to_string_lossy());
        let log = state_dir().join("cargo-lambda.log");
        let output = fs::File::create(&log).expect("a log");

        let mut watch = cargo();
        watch.args(command.split_whitespace().skip(1)).args(["--invoke-port", &port.to_string()]);
        watch.current_dir(repository::root()).env("PATH", &path).stdin(Stdio::null());
        watch.stdout(output.try_clone().expect("the log")).stderr(output);
        let watch = watch.spawn().expect("cargo can be started");
        let lambda = Self { watch, path, port, log };
        eventually_within(PATIENCE, "cargo lambda to listen", async || {
            tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()
        })
        .await;
        lambda
    }

    /// Runs a documented command with the keys of the shop, and returns the function's response.
    async fn invoke(&self, shop: &Shop, command: &str) -> Value {
        let script = format!("{}\n{command} --invoke-port {}", shop.exports(), self.port);
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &script]).current_dir(repository::root()).env("PATH", &self.path);
        let run = tokio::time::timeout(PATIENCE, bash.stdin(Stdio::null()).kill_on_drop(true).output()).await;
        let log = || fs::read_to_string(&self.log).unwrap_or_default();
        let run = run.unwrap_or_else(|_| panic!("{command} does not end: {}", log())).expect("bash can be started");
        let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        assert!(run.status.success(), "{command}: {out}{err}{}", log());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{command}: {error}: {out}"))
    }
}

impl Drop for CargoLambda {
    /// Kills `cargo lambda` and all its descendants.
    fn drop(&mut self) {
        let Some(watch) = self.watch.id() else { return };
        let mut processes = vec![watch];
        for started in 0.. {
            let Some(parent) = processes.get(started).copied() else { break };
            processes.extend(children(parent));
        }
        let processes = processes.iter().map(u32::to_string);
        let _ = std::process::Command::new("kill").arg("-KILL").args(processes).stderr(Stdio::null()).status();
    }
}

fn children(process: u32) -> Vec<u32> {
    let tasks = fs::read_dir(Path::new("/proc").join(process.to_string()).join("task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>()).collect()
}
