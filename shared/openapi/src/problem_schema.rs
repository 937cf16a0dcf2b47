//! Schema of problem documents, and an example of each problem.

use couponflow_http::doc::documented_problem::DocumentedProblem;
use couponflow_http::problem::ProblemBody;
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

/// Adds the schema of problem documents, and the schemas of their parts.
pub(crate) fn add(generator: &mut SchemaGenerator) {
    generator.subschema_for::<ProblemBody>();
}

/// Builds an example response body of every problem and rejection, by code.
pub(crate) fn examples() -> Map<String, Value> {
    DocumentedProblem::all()
        .map(|problem| (problem.code().to_owned(), json!({"value": problem.answer().body})))
        .collect()
}
