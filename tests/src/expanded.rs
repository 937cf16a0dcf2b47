//! The template as CloudFormation sees it: with the SAM resources expanded.

use std::process::Command;
use std::sync::LazyLock;

use couponflow_local::{Toolset, install_tools};
use serde_json::{Map, Value};

use crate::repository;

static EXPANDED: LazyLock<Value> = LazyLock::new(expand);

/// Returns the expanded template, with default values of the parameters where SAM needs values.
pub fn template() -> Value {
    EXPANDED.clone()
}

/// Returns the resources of a type in an expanded template, each with its logical name.
pub fn resources<'a>(template: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let all = template["Resources"].as_object().into_iter().flat_map(Map::iter);
    all.filter(|(_, resource)| resource["Type"] == kind).map(|(name, resource)| (name.as_str(), resource)).collect()
}

fn expand() -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let tools = runtime.block_on(install_tools(Toolset::Stack)).expect("the tools can be installed");
    let mut python = Command::new(tools.join("bin/python"));
    let run = python.args(["-B", "infra/expand_template.py"]).current_dir(repository::root()).output();
    let run = run.expect("Python can be started");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).expect("the expanded template is JSON")
}
