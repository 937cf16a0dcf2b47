//! Runs the commands of the runbook and of the deploying guide with the AWS CLI. The stack is not shared with other tests,
//! because some commands stop functions or e-mails, or delete a tenant or the table.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use couponflow_local::{Stack, StackInfo, StackOptions, Toolset, install_tools, loopback};
use couponflow_tests::readme::{self, Block};
use couponflow_tests::repository;
use couponflow_tests::shop::text;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

/// Page with the functions that the commands of all pages use, in its first block.
const INDEX: &str = "infra/runbook/README.md";

/// Guide whose commands delete the table.
const GUIDE: &str = "infra/docs/deploying.md";

/// Maximum time for the commands of a page on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// Number of blocks that the local stack cannot run. Each has a reason on its page.
const NOT_RUN: usize = 3;

/// Texts that the commands of a page print when they have done what the page says.
const PRINTED: [(&str, &[&str]); 8] = [
    ("infra/runbook/dead-letters.md", &["\"events_dead_letters\": {", "\"overdue_timers\": {"]),
    ("infra/runbook/events-not-published.md", &["\"batchItemFailures\": []", "delete: s3://"]),
    ("infra/runbook/function-errors.md", &["\"Name\": \"live\"", "there is no earlier version"]),
    ("infra/runbook/key-leak.md", &["\"revoked\": true", "\"state\": \"suspended\"", "\"state\": \"active\""]),
    ("infra/runbook/restore-drill.md", &["\"pk\",", "\"sk\""]),
    ("infra/runbook/scan-missing.md", &["\"buckets\":"]),
    ("infra/runbook/tenant-offboarding.md", &["\"state\": \"deleting\""]),
    ("infra/runbook/timers-overdue.md", &["\"data\": [", "\"requeued\": 0"]),
];

/// Puts a batch of stream records into the bucket of discarded batches, in the form in which Lambda writes it.
const DISCARD_A_BATCH: &str = r#"
  jq '{payload: tojson}' "$SAMPLES/event-relay.json" > batch.json
  aws s3 cp --quiet batch.json "s3://$(output DiscardedRecordsBucketName)/aws/lambda/batch"
"#;

/// Commands of a page.
struct Commands {
    page: String,
    /// Commands that the local stack can run, as one script.
    script: String,
    /// Number of blocks in the script.
    blocks: usize,
    /// Reasons why the local stack cannot run the other blocks.
    reasons: Vec<String>,
}

impl Commands {
    /// Reads a page. A block of the language `sh` is run. A block of the language `console` is not, and needs a reason.
    fn read(page: String) -> Self {
        let mut commands = Self { page, script: String::new(), blocks: 0, reasons: Vec::new() };
        for block in readme::blocks(&commands.page) {
            match block.language.as_str() {
                "sh" => {
                    commands.script += &block.text;
                    commands.blocks += 1;
                }
                "console" => {
                    let reason = reason(&block);
                    let reason = reason.unwrap_or_else(|| panic!("{}: give a reason: {}", commands.page, block.text));
                    commands.reasons.push(reason);
                }
                other => panic!("{}: a block of commands is sh or console, not {other}", commands.page),
            }
        }
        commands
    }
}

/// Returns the reason in the comment before a block: `<!-- Not run by the tests: … -->`.
fn reason(block: &Block) -> Option<String> {
    let reason = block.introduction.trim().strip_prefix("<!-- Not run by the tests: ")?.strip_suffix(". -->")?;
    (!reason.is_empty()).then(|| reason.to_owned())
}

/// Returns the pages of the runbook in the order of their names, then the guide.
fn pages() -> Vec<Commands> {
    let entries = fs::read_dir(repository::root().join("infra/runbook")).expect("the runbook");
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let pages = names.into_iter().map(|name| format!("infra/runbook/{name}"));
    pages.chain([GUIDE.to_owned()]).map(Commands::read).collect()
}

#[tokio::test]
async fn every_command_of_the_runbook_succeeds() {
    let pages = pages();
    let reasons: Vec<&String> = pages.iter().flat_map(|page| &page.reasons).collect();
    assert_eq!(reasons.len(), NOT_RUN, "{reasons:?}");
    let blocks: usize = pages.iter().map(|page| page.blocks).sum();
    assert!(pages.len() >= 19 && blocks >= 40, "{blocks} blocks of {} pages", pages.len());

    let state_dir = Some(repository::root().join("target/runbook-stack"));
    let options = StackOptions { state_dir, quiet: true, ..StackOptions::default() };
    let stack = Stack::start(options).await.expect("the local stack starts");
    let shell = Shell::new(&stack.info).await;
    shell.run(DISCARD_A_BATCH).await.expect("a discarded batch");
    let mut failures = Vec::new();
    let mut expected = BTreeMap::from(PRINTED);
    for page in &pages {
        assert!(page.blocks > 0, "{} has no command that runs", page.page);
        let outcome = shell.run(&page.script).await.and_then(|printed| {
            let texts = expected.remove(page.page.as_str()).unwrap_or_default();
            let missing: Vec<_> = texts.iter().filter(|text| !printed.contains(**text)).collect();
            if missing.is_empty() { Ok(()) } else { Err(format!("{printed}\nThe output lacks {missing:?}")) }
        });
        if let Err(failure) = outcome {
            failures.push(format!("==== {}\n{failure}", page.page));
        }
    }
    stack.stop().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(expected, BTreeMap::new(), "these pages do not exist");
}

/// A shell with the AWS CLI on the local stack.
struct Shell {
    /// Directory in which the commands run.
    directory: PathBuf,
    /// Definitions that precede the commands of each page.
    setup: String,
    environment: Vec<(&'static str, String)>,
}

impl Shell {
    async fn new(stack: &StackInfo) -> Self {
        let directory = repository::root().join("target/runbook");
        fs::create_dir_all(&directory).expect("a directory to work in");
        // Records the exit status of each call, because the shell ignores a failure inside another command. The AWS CLI 1
        // ignores `AWS_ENDPOINT_URL` for SQS.
        let aws = r#"aws() {
  local status=0
  command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@" || status=$?
  printf '%s aws %s\n' "$status" "$*" >> calls
  return "$status"
}
"#;
        let first = readme::blocks(INDEX).into_iter().next().expect("the functions of the runbook");
        let tools = install_tools(Toolset::AwsCli).await.expect("the AWS CLI can be installed");
        let path = format!("{}:{}", tools.join("bin").display(), std::env::var("PATH").unwrap_or_default());
        let environment = vec![
            ("PATH", path),
            ("no_proxy", "*".to_owned()),
            ("AWS_PAGER", String::new()),
            ("AWS_ENDPOINT_URL", stack.aws_endpoint_url.clone()),
            ("AWS_DEFAULT_REGION", stack.region.clone()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("TENANT", stack.tenant_id.clone()),
            ("TABLE", stack.table.clone()),
            ("KEY", server_key(stack).await),
            ("SAMPLES", repository::root().join("events/samples").display().to_string()),
        ];
        Self { directory, setup: format!("{aws}{}", first.text), environment }
    }

    /// Runs commands. Returns what they print, or an error if a command or a call of AWS fails.
    async fn run(&self, script: &str) -> Result<String, String> {
        let calls = self.directory.join("calls");
        fs::write(&calls, "").expect("the file can be written");
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &format!("{}{script}", self.setup)]);
        bash.current_dir(&self.directory).envs(self.environment.iter().cloned());
        let run = timeout(PATIENCE, bash.stdin(Stdio::null()).kill_on_drop(true).output()).await;
        let run = run.map_err(|_| format!("timed out; calls so far:\n{}", read(&calls)))?.expect("bash can be started");
        let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        let calls = read(&calls);
        let failed: Vec<&str> = calls.lines().filter(|call| !call.starts_with("0 ")).collect();
        // The setup makes one call.
        let is_done = run.status.success() && failed.is_empty() && calls.lines().count() > 1;
        if is_done { Ok(out.into_owned()) } else { Err(format!("{out}\n{err}\ncalls:\n{calls}")) }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the file can be read")
}

/// Returns the id of the tenant's `server` key.
async fn server_key(stack: &StackInfo) -> String {
    let http = loopback().build().expect("a client");
    let keys = http.get(format!("{}/v1/keys", stack.api_url)).bearer_auth(&stack.keys.admin).send().await;
    let keys: Value = keys.expect("a response").json().await.expect("JSON");
    let mut listed = keys["data"].as_array().expect("a list").iter();
    text(&listed.find(|key| key["scope"] == "server").expect("a server key")["id"])
}
