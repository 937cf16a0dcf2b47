//! Workflow templates: workflows to start from, with a few parameters.
//!
//! A template is a JSON document in which `${name}` stands for a parameter and `${workflow:key}` for the id of another
//! workflow of the same template.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::WorkflowId;
use crate::input::{Errors, Field};

/// The shipped templates, in the order in which they are shown.
const SHIPPED: [&str; 5] = [
    include_str!("../../../events/workflow-templates/flash20-abandoned-cart.json"),
    include_str!("../../../events/workflow-templates/vip50-high-value.json"),
    include_str!("../../../events/workflow-templates/beta50-limit-reached.json"),
    include_str!("../../../events/workflow-templates/earlybird25-expired.json"),
    include_str!("../../../events/workflow-templates/member20-welcome.json"),
];

/// The longest value of a parameter.
const LONGEST: usize = 200;

/// Workflows to start from.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WorkflowTemplate {
    /// Its name in paths.
    pub name: String,
    /// What it does, in a few words.
    pub title: String,
    /// What it does.
    pub description: String,
    /// What it has to be told.
    pub parameters: Vec<Parameter>,
    /// Its workflows; one that another one names comes before it.
    pub workflows: Vec<TemplateWorkflow>,
}

/// Something that a template has to be told.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// What it may be; taken where nothing is said.
    pub example: String,
}

/// A workflow of a template.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TemplateWorkflow {
    /// What the others of the template call it.
    pub key: String,
    /// The workflow, with placeholders.
    pub document: Value,
}

impl WorkflowTemplate {
    /// The templates that come with the product.
    pub fn shipped() -> Vec<Self> {
        SHIPPED.iter().filter_map(|json| serde_json::from_str(json).ok()).collect()
    }

    /// Reads the values of its parameters: an object of texts. Those that are left out are as in the example.
    pub fn read_values(&self, field: &Field<'_>, errors: &mut Errors) -> Option<Map<String, Value>> {
        let names: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        if !field.is_absent() {
            field.object(&names, errors)?;
        }
        let values = self.parameters.iter().map(|parameter| {
            let given = field.get(&parameter.name).optional(errors, |field, errors| field.text(1..=LONGEST, errors));
            given.map(|given| (parameter.name.clone(), Value::from(given.unwrap_or(&parameter.example))))
        });
        values.collect()
    }

    /// Its workflows with these values, each with the id that `id` gives to its place.
    pub fn workflows_with(
        &self,
        values: &Map<String, Value>,
        id: impl Fn(usize) -> WorkflowId,
    ) -> Vec<(WorkflowId, Value)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut known: Vec<(String, String)> =
            values.iter().map(|(name, value)| (format!("${{{name}}}"), text(value))).collect();
        let keyed = self.workflows.iter().enumerate();
        known.extend(keyed.map(|(place, workflow)| (format!("${{workflow:{}}}", workflow.key), id(place).to_string())));
        let filled = |(place, workflow): (usize, &TemplateWorkflow)| (id(place), fill(&workflow.document, &known));
        self.workflows.iter().enumerate().map(filled).collect()
    }
}

/// The document with what its placeholders stand for. A value is put in as it is: it becomes part of a text, never of the
/// document's structure.
fn fill(document: &Value, known: &[(String, String)]) -> Value {
    match document {
        Value::String(text) => {
            Value::String(known.iter().fold(text.clone(), |text, (name, value)| text.replace(name, value)))
        }
        Value::Array(elements) => elements.iter().map(|element| fill(element, known)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), fill(value, known))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input;
    use crate::workflow::Definition;
    use serde_json::json;

    fn id(place: usize) -> WorkflowId {
        WorkflowId::new(chrono::DateTime::UNIX_EPOCH, [place as u8; 10])
    }

    #[test]
    fn every_shipped_template_makes_workflows_that_can_be_saved() {
        let templates = WorkflowTemplate::shipped();
        assert_eq!(templates.len(), SHIPPED.len());
        for template in templates {
            let values = input::read(&json!({}), |field, errors| template.read_values(field, errors)).unwrap();
            for (_, document) in template.workflows_with(&values, id) {
                assert!(!document.to_string().contains("${"), "{document}");
                assert_eq!(Definition::read(&document).map(|_| ()), Ok(()), "{}", template.name);
            }
        }
    }

    #[test]
    fn a_value_stays_a_text_and_names_its_workflow() {
        let template = &WorkflowTemplate::shipped()[4];
        let values =
            input::read(&json!({"code": "X\"}]"}), |field, errors| template.read_values(field, errors)).unwrap();
        let workflows = template.workflows_with(&values, id);
        assert_eq!(workflows[1].1["trigger"]["filters"][0]["value"], "X\"}]");
        assert_eq!(workflows[1].1["steps"][3]["workflow_id"], id(0).to_string());
        let unknown = input::read(&json!({"cod": "X"}), |field, errors| template.read_values(field, errors));
        assert_eq!(unknown.unwrap_err()[0].pointer, "/cod");
    }
}
