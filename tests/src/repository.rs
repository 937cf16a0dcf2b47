//! Files of this repository. Paths are relative to its root.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads a text file.
pub fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Reads a JSON file.
pub fn json(path: &str) -> serde_json::Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Reads the SAM template. CloudFormation's short tags become objects: `!Ref x` is `{"Ref": "x"}`.
pub fn template() -> serde_json::Value {
    plain(yaml_serde::from_str(&text("infra/template.yaml")).expect("the template is YAML"))
}

/// Returns every environment variable that the template sets for any function, with its distinct
/// values.
pub fn function_variables() -> BTreeMap<String, Vec<serde_json::Value>> {
    let template = template();
    let resources = template["Resources"].as_object().expect("resources");
    let functions = resources.values().filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    let properties = functions.map(|function| &function["Properties"]).chain([&template["Globals"]["Function"]]);
    let mut variables = BTreeMap::<_, Vec<_>>::new();
    for (name, value) in properties.filter_map(|of| of["Environment"]["Variables"].as_object()).flatten() {
        let values = variables.entry(name.clone()).or_default();
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    variables
}

fn plain(value: yaml_serde::Value) -> serde_json::Value {
    use yaml_serde::Value;
    match value {
        Value::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            serde_json::json!({tag.trim_start_matches('!'): plain(tagged.value)})
        }
        Value::Mapping(map) => map
            .into_iter()
            .map(|(key, value)| (key.as_str().expect("keys are strings").to_owned(), plain(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Sequence(list) => list.into_iter().map(plain).collect::<Vec<_>>().into(),
        scalar => serde_json::to_value(scalar).expect("a scalar is JSON"),
    }
}
