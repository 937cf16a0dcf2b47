//! Builder for the documentation of one operation. Endpoints state what is special about the
//! operation. [`OperationDoc::document`] adds the parts that depend only on the route: the required
//! scope, common parameters and common problems.

use crate::body::{Html, NoContent, Page};
use crate::{Operation, ProblemCode};
use std::marker::PhantomData;

use couponflow_app::tenants::ports::KeyScope;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::doc::documented_problem::DocumentedProblem;
use crate::doc::error_responses::{self, Rule};
use crate::doc::reference::{self, schema};

/// Documentation of one operation that answers with the body `T`.
#[derive(Debug)]
pub struct OperationDoc<T> {
    tag: &'static str,
    summary: &'static str,
    description: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    status: u16,
    answer: Value,
    links: Map<String, Value>,
    problems: Vec<DocumentedProblem>,
    rules: Vec<Rule>,
    /// Name and schema of a request body that only this operation has.
    own_schema: Option<(&'static str, Value)>,
    /// Returns the schema of the JSON body. `None` if the answer has no JSON body.
    schema: Option<fn(&mut SchemaGenerator) -> Schema>,
    of: PhantomData<T>,
}

impl<T: Serialize + JsonSchema> OperationDoc<T> {
    /// Documents an operation that answers with JSON.
    pub fn json(tag: &'static str, summary: &'static str, status: u16, example: T) -> Self {
        let description = match status {
            201 => "Created.",
            202 => "Accepted; processing continues in the background.",
            _ => "Success.",
        };
        let content = json!({"application/json": {"schema": null, "example": example}});
        let answer = json!({"description": description, "content": content});
        let schema = SchemaGenerator::subschema_for::<T>;
        Self { schema: Some(schema), ..Self::with_response(tag, summary, status, answer) }
    }

    /// Adds a second example of the JSON response, and names the first example `plain`.
    #[must_use]
    pub fn example(mut self, name: &str, example: T) -> Self {
        let content = &mut self.answer["content"]["application/json"];
        if let Some(content) = content.as_object_mut()
            && let Some(first) = content.remove("example")
        {
            content.insert("examples".to_owned(), json!({"plain": {"value": first}, name: {"value": example}}));
        }
        self
    }
}

impl<T: Serialize + JsonSchema> OperationDoc<Page<T>> {
    /// Documents an operation that answers with a page of a list. `example` is an entry of the
    /// list. Adds the parameters `limit`, `cursor` and `filters`.
    pub fn list(tag: &'static str, summary: &'static str, example: T, filters: Vec<Value>) -> Self {
        let page = ["limit", "cursor"].map(reference::parameter);
        Self::json(tag, summary, 200, Page::new([example], None))
            .query_parameters(page.into_iter().chain(filters).collect())
            .rule("?cursor", "must be a `next_cursor` of this list")
    }
}

impl OperationDoc<Html> {
    /// Documents an operation that answers with an HTML page.
    pub fn page(tag: &'static str, summary: &'static str, example: &str) -> Self {
        let content = json!({"text/html": {"schema": {"type": "string"}, "example": example}});
        Self::with_response(tag, summary, 200, json!({"description": "An HTML page.", "content": content}))
    }
}

impl OperationDoc<NoContent> {
    /// Documents an operation that answers with the status 204 and without a body.
    pub fn no_content(tag: &'static str, summary: &'static str) -> Self {
        Self::with_response(tag, summary, 204, json!({"description": "Success; no body."}))
    }
}

impl<T> OperationDoc<T> {
    fn with_response(tag: &'static str, summary: &'static str, status: u16, answer: Value) -> Self {
        Self {
            tag,
            summary,
            description: String::new(),
            parameters: Vec::new(),
            body: None,
            status,
            answer,
            links: Map::new(),
            problems: Vec::new(),
            rules: Vec::new(),
            own_schema: None,
            schema: None,
            of: PhantomData,
        }
    }

    /// Sets the description.
    pub fn description(self, description: &str) -> Self {
        Self { description: description.to_owned(), ..self }
    }

    /// Adds a JSON request body with the schema `name` and named examples.
    pub fn body(self, name: &str, required: bool, examples: &[(&str, Value)]) -> Self {
        let examples: Map<_, _> =
            examples.iter().map(|(name, value)| ((*name).to_owned(), json!({"value": value}))).collect();
        let content = json!({"application/json": {"schema": schema(name), "examples": examples}});
        let mut problems = self.problems;
        problems.extend(
            [
                ProblemCode::MalformedJson,
                ProblemCode::BodyTooLarge,
                ProblemCode::UnsupportedMediaType,
                ProblemCode::InvalidRequest,
            ]
            .map(DocumentedProblem::from),
        );
        Self { body: Some(json!({"required": required, "content": content})), problems, ..self }
    }

    /// Adds a JSON request body whose schema becomes the component `name`. For a body that only
    /// this operation has.
    pub fn own_body(self, name: &'static str, schema: Value, required: bool, examples: &[(&str, Value)]) -> Self {
        Self { own_schema: Some((name, schema)), ..self.body(name, required, examples) }
    }

    /// Adds an optional form body. The operation ignores the contents of the form.
    pub fn form(self, schema: Value, example: Value) -> Self {
        let content = json!({"application/x-www-form-urlencoded": {"schema": schema, "example": example}});
        Self { body: Some(json!({"required": false, "content": content})), ..self }
    }

    /// Adds another media type in which clients can send the request body.
    pub fn alternative_body(mut self, media_type: &str, schema: Value, example: &str) -> Self {
        if let Some(body) = &mut self.body {
            body["content"][media_type] = json!({"schema": schema, "example": example});
        }
        self
    }

    /// Adds another media type in which clients can request the response.
    pub fn alternative_response(mut self, media_type: &str, schema: Value, example: &str) -> Self {
        self.answer["content"][media_type] = json!({"schema": schema, "example": example});
        self
    }

    /// Adds query parameters, and the problems of invalid and repeated parameters.
    pub fn query_parameters(mut self, parameters: Vec<Value>) -> Self {
        if !parameters.is_empty() {
            self.problems.push(ProblemCode::RepeatedParameter.into());
        }
        self.parameters.extend(parameters);
        self.problems.push(ProblemCode::InvalidRequest.into());
        self
    }

    /// Requires `If-Match`: the operation changes only the version that the caller has read.
    pub fn requires_if_match(mut self) -> Self {
        self.parameters.push(reference::parameter("if-match"));
        self.problems
            .extend([ProblemCode::PreconditionFailed, ProblemCode::PreconditionRequired].map(DocumentedProblem::from));
        self
    }

    /// Adds the header `Application-Token`.
    pub fn takes_application_token(mut self) -> Self {
        self.parameters.push(reference::parameter("application-token"));
        self
    }

    /// Adds the path parameter `id` with the schema named `id`.
    pub fn path_id(self, id: &str) -> Self {
        self.path_parameter("id", schema(id))
    }

    /// Adds a path parameter, and the problem for a resource that does not exist.
    pub fn path_parameter(mut self, name: &str, schema: Value) -> Self {
        self.parameters.insert(0, json!({"name": name, "in": "path", "required": true, "schema": schema}));
        self.problems.push(ProblemCode::NotFound.into());
        self
    }

    /// Adds problems or rejections that the operation can return.
    pub fn fails_with<R: Into<DocumentedProblem>>(mut self, problems: impl IntoIterator<Item = R>) -> Self {
        self.problems.extend(problems.into_iter().map(Into::into));
        self
    }

    /// Adds a validation rule that the schemas cannot express. A request that breaks the rule gets
    /// `invalid_request` with a fault at the pointer `at`. In a pointer, `*` stands for one segment
    /// and `**` for any number of segments.
    pub fn rule(mut self, at: &'static str, rule: &'static str) -> Self {
        self.rules.push(Rule { at, rule });
        self
    }

    /// Adds several validation rules, each as pointer and text.
    pub fn rules(self, rules: &[(&'static str, &'static str)]) -> Self {
        rules.iter().fold(self, |entry, (at, rule)| entry.rule(at, rule))
    }

    /// Adds an OpenAPI link to another operation. The value at `pointer` in the response is the
    /// path parameter `id` of the other operation.
    pub fn link(mut self, to: Operation, pointer: &str) -> Self {
        let parameters = json!({"id": format!("$response.body#{pointer}")});
        self.links.insert(to.name().to_owned(), json!({"operationId": operation_id(to), "parameters": parameters}));
        self
    }

    /// Builds the OpenAPI operation object. Adds the schemas that the object uses to
    /// `schemas`.
    pub fn document(mut self, operation: Operation, schemas: &mut SchemaGenerator) -> Value {
        self.add_route_defaults(operation);
        if let Some((name, schema)) = self.own_schema {
            schemas.definitions_mut().insert(name.to_owned(), schema);
        }
        let Self { status, mut answer, .. } = self;
        if let Some(schema) = self.schema {
            answer["content"]["application/json"]["schema"] = json!(schema(schemas));
        }
        if !self.links.is_empty() {
            answer["links"] = self.links.into();
        }
        let mut responses = Map::from_iter([(status.to_string(), answer)]);
        responses.extend(error_responses::responses(&self.problems, &self.rules));
        responses.insert("429".to_owned(), error_responses::rate_limited());
        let scope = match operation.scope().map(|scope| scope.into_str()) {
            Some(scope) => format!("Required scope: `{scope}`."),
            None => "No key required.".to_owned(),
        };
        let mut document = json!({
            "operationId": operation_id(operation),
            "tags": [self.tag],
            "summary": self.summary,
            "description": format!("{} {scope}", self.description).trim(),
            "security": if operation.scope().is_some() { json!([{"key": []}]) } else { json!([]) },
            "parameters": self.parameters,
            "responses": responses,
        });
        if let Some(body) = self.body {
            document["requestBody"] = body;
        }
        document
    }

    /// Adds the parameters and problems that follow from the route's method and scope.
    fn add_route_defaults(&mut self, operation: Operation) {
        let Some(scope) = operation.scope() else { return };
        self.problems.extend(
            [ProblemCode::InvalidKey, ProblemCode::TenantSuspended, ProblemCode::InternalError, ProblemCode::Busy]
                .map(DocumentedProblem::from),
        );
        if scope > KeyScope::Storefront {
            self.problems.push(ProblemCode::InsufficientScope.into());
        }
        if operation.method() == "POST" {
            self.parameters.push(reference::parameter("idempotency-key"));
            let idempotency =
                [ProblemCode::IdempotencyInFlight, ProblemCode::IdempotencyKeyReused, ProblemCode::InvalidRequest];
            self.problems.extend(idempotency.map(DocumentedProblem::from));
        }
    }
}

fn operation_id(operation: Operation) -> String {
    let (first, rest) = operation.name().split_at(1);
    first.to_lowercase() + rest
}
