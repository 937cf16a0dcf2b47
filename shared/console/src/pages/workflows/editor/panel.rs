//! The open form of the editor: its fields, and the edits that it makes.

use couponflow_domain::automation::actions::StepKind;
use couponflow_domain::automation::filter::{FilterField, FilterSchema};
use couponflow_domain::automation::template::Scope;
use couponflow_domain::automation::trigger_catalog;
use couponflow_domain::automation::workflow::Trigger;
use serde_json::{Map, Value, json};

use super::condition;
use super::fields::{Entry, How, SETTINGS, of_step};
use super::members;
use super::open::{Open, Owner, edit, place};
use crate::failure::Fault;
use crate::form::{Field, Form, Kind, Section, Values};
use crate::format;
use crate::pages::workflows::tree::{ListOf, Part, parts};

/// Button that makes a choice: value, label and explanation.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) about: String,
}

/// The open form.
pub(super) struct Panel {
    pub(super) heading: String,
    pub(super) form: Form,
    /// Buttons instead of fields.
    pub(super) choices: Vec<Choice>,
    /// Merge fields that the texts can contain, with their descriptions.
    pub(super) merge_fields: Vec<(String, String)>,
    /// Whether the form has a message that can be previewed.
    pub(super) has_preview: bool,
}

/// What the forms of a document depend on.
pub(super) struct Surroundings<'a> {
    pub(super) document: &'a Value,
    /// Other workflows, as ids and names.
    pub(super) workflows: &'a [(String, String)],
}

impl Surroundings<'_> {
    /// Returns a step and the pointer to it.
    pub(super) fn step(&self, id: &str) -> Option<(&Value, String)> {
        let is_it = |part: Part| match part {
            Part::OpenStep(step) if step.id == id => Some(step.pointer),
            _ => None,
        };
        let pointer = parts(self.document, false).into_iter().find_map(is_it)?;
        Some((self.document.pointer(&pointer)?, pointer))
    }

    /// Returns the object that has the filters of an owner.
    pub(super) fn owner(&self, of: &Owner) -> Option<&Value> {
        let Some(id) = &of.step else { return self.document.get("trigger") };
        let (step, _) = self.step(id)?;
        match of.branch {
            Some(index) => step["branches"].get(index),
            None => Some(step),
        }
    }

    fn trigger(&self) -> Trigger {
        let name = self.document["trigger"]["type"].as_str().unwrap_or_default();
        Trigger::parse(name).unwrap_or(Trigger::Manual)
    }

    /// Returns the fields that filters of an owner can test: those of the trigger, or of the event that a step awaits.
    pub(super) fn filter_fields(&self, of: &Owner) -> Vec<FilterField> {
        let awaited = match (&of.step, of.branch) {
            (Some(id), None) => self.step(id).and_then(|(step, _)| Trigger::parse(step["event"].as_str()?).ok()),
            _ => None,
        };
        FilterField::of(awaited.unwrap_or_else(|| self.trigger())).collect()
    }

    /// Returns the steps of the document, as ids and types.
    fn steps(&self) -> Vec<(String, String)> {
        let step = |part| match part {
            Part::OpenStep(step) => Some((step.id, step.kind)),
            _ => None,
        };
        parts(self.document, false).into_iter().filter_map(step).collect()
    }

    /// Returns every list of steps, with a label.
    fn lists(&self) -> Vec<(ListOf, String)> {
        let list = |part| match part {
            Part::CloseBranch(branch) => {
                let label = format!("{}: {}", branch.step(), branch.label);
                Some((branch.list, label))
            }
            _ => None,
        };
        let inner = parts(self.document, true).into_iter().filter_map(list);
        std::iter::once((ListOf::default(), "The workflow itself".to_owned())).chain(inner).collect()
    }

    fn merge_fields(&self, is_email: bool) -> Vec<(String, String)> {
        let mut scope = Scope::of(self.trigger());
        if is_email {
            scope.add_unsubscribe_url();
        }
        let written = |name: &str| format!("{{{{{name}}}}}");
        let fields = scope.fields().map(|field| (written(&field.field), plain(field.description)));
        let mut fields: Vec<_> = fields.collect();
        for (id, kind) in self.steps() {
            let outputs = StepKind::in_document(&kind).map_or(&[][..], |kind| kind.properties().outputs);
            fields.extend(
                outputs
                    .iter()
                    .map(|output| (written(&format!("steps.{id}.{}", output.name)), plain(output.description))),
            );
        }
        fields
    }

    /// Returns the fields of a form, with the choices that depend on the document.
    fn fields(&self, entries: &[Entry]) -> Vec<Field> {
        let field = |entry: &Entry| {
            let kind = match entry.how {
                How::Flag => Kind::Checkbox,
                How::Area | How::Json => Kind::Area,
                How::Choice(options) => Kind::Select(options),
                How::Event => Kind::Choices(events()),
                How::AwaitedCoupon => Kind::Choices(self.coupons()),
                How::Workflow => Kind::Choices(self.workflows()),
                How::Number => Kind::Input("number"),
                How::Line | How::Span | How::List | How::Discount | How::FailurePolicy => Kind::Input("text"),
            };
            Field::new(entry.name, entry.label, entry.hint, kind, entry.pointer)
        };
        entries.iter().map(field).collect()
    }

    fn coupons(&self) -> Vec<(String, String)> {
        let of_step = |(id, kind): (String, String)| {
            let outputs = StepKind::in_document(&kind)?.properties().outputs;
            let has_coupon = outputs.iter().any(|output| output.name == "coupon_id");
            has_coupon.then(|| (format!("step:{id}"), format!("The coupon of the step {id}")))
        };
        let fixed = [("", "The coupon that started the workflow"), ("same", "The same coupon"), ("any", "Any coupon")];
        let fixed = fixed.map(|(value, label)| (value.to_owned(), label.to_owned()));
        fixed.into_iter().chain(self.steps().into_iter().filter_map(of_step)).collect()
    }

    fn workflows(&self) -> Vec<(String, String)> {
        std::iter::once((String::new(), "No other workflow".to_owned())).chain(self.workflows.iter().cloned()).collect()
    }
}

/// Returns a description of the API without its marks of code.
fn plain(description: &str) -> String {
    description.replace('`', "")
}

fn events() -> Vec<(String, String)> {
    let of_order = FilterSchema::OrderFilter.events().into_iter().map(|event| event.trigger());
    let names = of_order.chain(["tag_added", "tag_removed", "list_joined", "list_left"]);
    names.map(|name| (name.to_owned(), format::state(name))).collect()
}

fn form(submit: &'static str, fields: Vec<Field>, values: &Values) -> Form {
    Form::new(submit, vec![Section { legend: "", fields }], values)
}

impl Panel {
    fn new(heading: impl Into<String>, form: Form) -> Self {
        let (choices, merge_fields) = (Vec::new(), Vec::new());
        Self { heading: heading.into(), form, choices, merge_fields, has_preview: false }
    }

    /// Creates the open form. Without `entered`, it has the values of the document. `faults` are the faults of the
    /// document. Returns `None` if no form is open, or if the document has no longer what the form changes.
    pub(super) fn create(
        open: &Open,
        around: &Surroundings<'_>,
        entered: Option<&Values>,
        faults: &[Fault],
    ) -> Option<Self> {
        let document = around.document;
        match open {
            Open::Nothing => None,
            Open::Settings => {
                let stored = members::values_of(SETTINGS, document);
                let form = form("Apply", around.fields(SETTINGS), entered.unwrap_or(&stored));
                Some(Self::new("Name and settings", form.with_faults(&of_fields(SETTINGS, faults, ""))))
            }
            Open::Trigger => {
                let mut stored = Values::default();
                stored.add("trigger", document["trigger"]["type"].as_str().unwrap_or("coupon_redeemed"));
                let triggers = trigger_catalog::triggers().into_iter();
                let options = triggers.map(|trigger| {
                    (
                        trigger.r#type.to_owned(),
                        format!("{}: {}", format::state(trigger.r#type), plain(trigger.description)),
                    )
                });
                let hint = "Another trigger has other filter fields, so a change removes the filters.";
                let field = Field::new("trigger", "Start when", hint, Kind::Choices(options.collect()), &[]);
                Some(Self::new("Trigger", form("Apply", vec![field], entered.unwrap_or(&stored))))
            }
            Open::Document => {
                let mut stored = Values::default();
                stored.add("json", format::pretty(document));
                let hint = "The document as JSON. Faults name their places with pointers, such as /steps/0/tag.";
                let field = Field::new("json", "Document", hint, Kind::Area, &[]);
                Some(Self::new("Edit as JSON", form("Apply", vec![field], entered.unwrap_or(&stored))))
            }
            Open::NewStep { at, index } => {
                let mut panel = Self::new("Add a step", form("", Vec::new(), &Values::default()));
                panel.choices = StepKind::IN_DOCUMENTS.iter().map(|kind| new_step(*kind, at, *index)).collect();
                Some(panel)
            }
            Open::Step { step: id } => {
                let (step, pointer) = around.step(id)?;
                let kind = StepKind::in_document(step["type"].as_str()?)?;
                let entries = of_step(kind);
                let hint = "Merge fields use this id: lower-case letters, digits and underscores.";
                let id_field = Field::new("step_id", "Id of the step", hint, Kind::Input("text"), &["/id"]);
                let fields = around.fields(entries).into_iter().chain([id_field]).collect();
                let mut stored = members::values_of(entries, step);
                stored.add("step_id", id.as_str());
                let form = form("Apply", fields, entered.unwrap_or(&stored));
                let heading = format!("{}: {id}", format::title(kind.into()));
                let mut panel = Self::new(heading, form.with_faults(&of_fields(entries, faults, &pointer)));
                if entries.iter().any(|entry| ["subject", "text", "body", "until"].contains(&entry.name)) {
                    panel.merge_fields = around.merge_fields(kind == StepKind::SendEmail);
                }
                panel.has_preview = matches!(kind, StepKind::SendEmail | StepKind::Notify);
                Some(panel)
            }
            Open::Move { step: id } => {
                let (_, pointer) = around.step(id)?;
                let lists = around.lists().into_iter().filter(|(list, _)| {
                    let inside = list.step.as_deref().and_then(|step| around.step(step));
                    inside.is_none_or(|(_, inside)| inside != pointer && !inside.starts_with(&format!("{pointer}/")))
                });
                let mut panel = Self::new(format!("Move {id}"), form("", Vec::new(), &Values::default()));
                panel.choices = lists
                    .map(|(list, label)| Choice {
                        value: edit(&json!({"type": "move_step", "step": id, "to": place(&list, None)})),
                        label,
                        about: "Move to the end of these steps.".to_owned(),
                    })
                    .collect();
                Some(panel)
            }
            Open::Branch { step: id, index } => {
                let branch = around.owner(&Owner { step: Some(id.clone()), branch: Some(*index) })?;
                let mut stored = Values::default();
                stored.add("weight", branch["weight"].to_string());
                let hint = "A branch with the weight 3 is taken three times as often as a branch with the weight 1.";
                let field = Field::new("weight", "Weight", hint, Kind::Input("number"), &[]);
                let form = form("Apply", vec![field], entered.unwrap_or(&stored));
                Some(Self::new(format!("Branch {} of {id}", index + 1), form))
            }
            Open::NewCondition { of, .. } => {
                let fields = around.filter_fields(of).into_iter();
                let options = fields.map(|field| {
                    (field.name().to_owned(), format!("{}: {}", format::state(field.name()), field.description()))
                });
                let field = Field::new("field", "Field", "", Kind::Choices(options.collect()), &[]);
                Some(Self::new("Add a condition", form("Next", vec![field], &Values::default())))
            }
            Open::Condition { of, at, field, .. } => {
                let stored = at.as_ref().and_then(|at| condition::at(around.owner(of)?, at));
                let name = stored.map_or(field.as_str(), |stored| stored["field"].as_str().unwrap_or_default());
                let field = around.filter_fields(of).into_iter().find(|field| field.name() == name)?;
                let stored = stored.map(condition::values_of).unwrap_or_default();
                let form = form("Apply", condition::fields(field), entered.unwrap_or(&stored));
                let heading = format!("{}: {}", format::state(field.name()), field.description());
                Some(Self::new(heading, form))
            }
        }
    }

    /// Whether a field of the form has a fault.
    pub(super) fn has_faults(&self) -> bool {
        !self.form.faults.is_empty()
    }
}

/// Returns the faults at fields of a form, with pointers from `at`.
fn of_fields(entries: &[Entry], faults: &[Fault], at: &str) -> Vec<Fault> {
    let at_field = |fault: &Fault| {
        let pointer = fault.pointer.strip_prefix(at)?;
        let is_above = |above: &&&str| {
            pointer.strip_prefix(**above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                || above.strip_prefix(pointer).is_some_and(|rest| !pointer.is_empty() && rest.starts_with('/'))
        };
        let field = entries.iter().flat_map(|entry| entry.pointer).find(is_above)?;
        let pointer = if pointer.len() < field.len() { *field } else { pointer };
        Some(Fault { pointer: pointer.to_owned(), detail: fault.detail.clone() })
    };
    faults.iter().filter_map(at_field).collect()
}

/// Returns the button that adds a step of a type.
fn new_step(kind: StepKind, at: &ListOf, index: Option<usize>) -> Choice {
    let name: &str = kind.into();
    let mut step = json!({"type": name});
    match kind {
        StepKind::Notify => step["channel"] = json!("email"),
        StepKind::Branch => step["branches"] = json!([{"filters": []}]),
        StepKind::RandomSplit => step["branches"] = json!([{"weight": 1}, {"weight": 1}]),
        StepKind::WaitForEvent | StepKind::Goal => step["event"] = json!("coupon_redeemed"),
        StepKind::ForEachContact => step["audience"] = json!({"type": "applied_not_redeemed"}),
        _ => {}
    }
    let schemas = kind.schemas();
    let about = schemas.first().and_then(|schema| schema["description"].as_str()).unwrap_or_default();
    let about = about.split_inclusive(". ").next().unwrap_or_default().trim_end().to_owned();
    let value = edit(&json!({"type": "add_step", "step": step, "at": place(at, index)}));
    Choice { value, label: format::title(name), about: plain(&about) }
}

/// Returns the edits that the open form makes, or the faults of its values. The document must have what the form
/// changes.
pub(super) fn edits(open: &Open, around: &Surroundings<'_>, values: &Values) -> Result<Vec<Value>, Vec<Fault>> {
    match open {
        Open::Settings => {
            let (settings, faults) = members::read(SETTINGS, values, around.document);
            if faults.is_empty() {
                Ok(vec![json!({"type": "set_settings", "settings": settings})])
            } else {
                Err(faults)
            }
        }
        Open::Trigger => {
            let name = values.get("trigger");
            let old = &around.document["trigger"];
            let trigger = if old["type"] == name { old.clone() } else { json!({"type": name}) };
            Ok(vec![json!({"type": "set_trigger", "trigger": trigger})])
        }
        Open::Step { step: id } => {
            let Some((step, _)) = around.step(id) else { return Ok(Vec::new()) };
            let kind = StepKind::in_document(step["type"].as_str().unwrap_or_default());
            let (members, faults) = kind.map(|kind| members::read(of_step(kind), values, step)).unwrap_or_default();
            if !faults.is_empty() {
                return Err(faults);
            }
            Ok(set_step(id, members, values.get("step_id")))
        }
        Open::Branch { step, index } => {
            let members = json!({"weight": crate::entry::number(values.get("weight"))});
            Ok(vec![json!({"type": "set_branch", "step": step, "index": index, "members": members})])
        }
        Open::Condition { of, group, at, field } => {
            let stored = at.as_ref().and_then(|at| condition::at(around.owner(of)?, at));
            let name = stored.map_or(field.as_str(), |stored| stored["field"].as_str().unwrap_or_default());
            let field = around.filter_fields(of).into_iter().find(|field| field.name() == name);
            let Some(field) = field else { return Ok(Vec::new()) };
            let filter = condition::read(field, values).map_err(|fault| vec![fault])?;
            let edit = match at {
                Some(at) => json!({"type": "set_filter", "filters": of.in_edit(), "at": at, "filter": filter}),
                None => json!({"type": "add_filter", "filters": of.in_edit(), "group": group, "filter": filter}),
            };
            Ok(vec![edit])
        }
        Open::Nothing | Open::Document | Open::NewStep { .. } | Open::Move { .. } | Open::NewCondition { .. } => {
            Ok(Vec::new())
        }
    }
}

/// Returns the edits that set the members of a step and change its id.
fn set_step(id: &str, members: Map<String, Value>, new_id: &str) -> Vec<Value> {
    let set = (!members.is_empty()).then(|| json!({"type": "set_step", "step": id, "members": members}));
    let rename = (new_id != id && !new_id.is_empty()).then(|| json!({"type": "rename_step", "step": id, "id": new_id}));
    set.into_iter().chain(rename).collect()
}
