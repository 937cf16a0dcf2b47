//! Workflow templates: ready-made workflows with a few parameters.
//!
//! In the JSON documents of a template, `${name}` stands for a parameter and `${workflow:key}` for the id of another
//! workflow of the same template.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::kernel::ids::WorkflowId;
use crate::kernel::input::{Errors, Field};
use crate::kernel::json_schema::{object, optional, text};

/// Shipped templates, in display order.
const SHIPPED: [&str; 5] = [
    include_str!("../../../../events/workflow-templates/flash20-abandoned-cart.json"),
    include_str!("../../../../events/workflow-templates/vip50-high-value.json"),
    include_str!("../../../../events/workflow-templates/beta50-limit-reached.json"),
    include_str!("../../../../events/workflow-templates/earlybird25-expired.json"),
    include_str!("../../../../events/workflow-templates/member20-welcome.json"),
];

/// Permitted lengths of a parameter's value, in characters.
const VALUE_LENGTH: RangeInclusive<usize> = 1..=200;

/// Template for one or more workflows.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WorkflowTemplate {
    /// Name of the template in paths.
    pub name: String,
    /// Short title.
    pub title: String,
    /// What the workflows do.
    pub description: String,
    /// Values to fill in.
    pub parameters: Vec<Parameter>,
    /// Workflows of the template. A workflow comes after the workflows that it refers to.
    pub workflows: Vec<TemplateWorkflow>,
}

/// Parameter of a template.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Parameter {
    /// Name of the parameter.
    pub name: String,
    /// What the parameter means.
    pub description: String,
    /// Example value, used if no value is given.
    pub example: String,
}

/// Workflow of a template.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TemplateWorkflow {
    /// Key with which other workflows of the template refer to this workflow.
    pub key: String,
    /// Workflow document with placeholders.
    pub document: Value,
}

impl WorkflowTemplate {
    /// Returns the templates that are part of the product.
    ///
    /// # Panics
    /// Panics if a template is invalid. A test parses every template.
    pub fn shipped() -> Vec<Self> {
        let parsed = SHIPPED.iter().map(|json| serde_json::from_str(json));
        parsed.collect::<Result<_, _>>().expect("the shipped templates are part of the code and checked by tests")
    }

    /// Reads the values of the parameters: an object of texts. A missing value is replaced by the parameter's example.
    pub fn read_values(&self, field: &Field<'_>, errors: &mut Errors) -> Option<Map<String, Value>> {
        let names: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        if !field.is_absent() {
            field.object(&names, errors)?;
        }
        let values = self.parameters.iter().map(|parameter| {
            let given = field.get(&parameter.name).optional(errors, |field, errors| field.text(VALUE_LENGTH, errors));
            given.map(|given| (parameter.name.clone(), Value::from(given.unwrap_or(&parameter.example))))
        });
        values.collect()
    }

    /// Returns the schema of the name of a shipped template.
    pub fn name_schema() -> Value {
        let names: Vec<String> = Self::shipped().into_iter().map(|template| template.name).collect();
        json!({"type": "string", "enum": names, "description": "Name of a workflow template."})
    }

    /// Returns the request schema of the parameter values of a template.
    pub fn values_schema() -> Value {
        let parameters = json!({
            "type": "object",
            "title": "WorkflowTemplateParameters",
            "additionalProperties": text(VALUE_LENGTH, "Value of the parameter."),
            "description": "Parameter values by name. An omitted parameter gets the example value of the template.",
        });
        let members = [("parameters", optional(parameters))];
        object("WorkflowTemplateInput", "Parameters of the workflow template.", &[], &members)
    }

    /// Returns the workflows with their placeholders replaced. `id` returns the id of the workflow
    /// at a position.
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
        let filled =
            |(place, workflow): (usize, &TemplateWorkflow)| (id(place), substitute(&workflow.document, &known));
        self.workflows.iter().enumerate().map(filled).collect()
    }
}

/// Replaces the placeholders in a document. A value only replaces a part of a string, so it can't
/// change the structure of the document.
fn substitute(document: &Value, known: &[(String, String)]) -> Value {
    match document {
        Value::String(text) => {
            Value::String(known.iter().fold(text.clone(), |text, (name, value)| text.replace(name, value)))
        }
        Value::Array(elements) => elements.iter().map(|element| substitute(element, known)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), substitute(value, known))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automation::workflow::Definition;
    use crate::kernel::input;

    fn id(place: usize) -> WorkflowId {
        WorkflowId::new(chrono::DateTime::UNIX_EPOCH, [place as u8; 10])
    }

    #[test]
    fn workflows_of_every_shipped_template_can_be_saved() {
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
    fn parameter_value_stays_within_its_text() {
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
