//! Merge fields and filters: the samples have values for them, and the reference pages list them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use couponflow_domain::automation::filter::FilterField;
use couponflow_domain::automation::template::{
    Context, FILTERS, Format, Kind, OutputKind, Scope, TemplateError, TemplateFilter, render,
};
use couponflow_domain::automation::trigger_catalog;
use couponflow_domain::automation::workflow::{Definition, Trigger};
use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_domain::delivery::webhook::UrlPolicy;
use couponflow_domain::events::event::{Detail, Event, EventType};
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input;
use couponflow_tests::repository;
use serde_json::{Value, json};

#[test]
fn every_merge_field_of_a_trigger_has_a_value_in_its_sample() {
    for kind in EventType::ALL {
        let sample = repository::json(&format!("events/samples/{kind}.json"));
        let Detail { metadata, data } = serde_json::from_value(sample["detail"].clone()).unwrap();
        let event = Event { kind: *kind, metadata, data };
        let context = Context::new(&event, None, &BTreeMap::new(), &Format::default());
        let (mut texts, mut amounts, mut instants) = (0, 0, 0);
        for field in Scope::of(Trigger::Event(*kind)).fields() {
            let filter = match field.kind {
                Kind::Money => "|money",
                Kind::Instant => "|datetime",
                Kind::Text | Kind::Code | Kind::Number => "",
            };
            let printed = render(&format!("{{{{{}{filter}}}}}", field.field), OutputKind::Text, &context);
            let is_missing = matches!(&printed, Err(TemplateError::Missing(_)));
            let is_printed = printed.is_ok_and(|text| !text.is_empty());
            assert!(is_missing && field.may_be_missing || is_printed, "{kind}: {field:?}");
            let count = match field.kind {
                Kind::Money => &mut amounts,
                Kind::Instant => &mut instants,
                Kind::Text | Kind::Code | Kind::Number => &mut texts,
            };
            *count += usize::from(is_printed);
        }
        let has_amounts = amounts > 0 || !kind.has_order();
        assert!(
            texts > 3 && instants > 0 && has_amounts,
            "{kind}: {texts} texts, {amounts} amounts, {instants} instants"
        );
    }
}

#[test]
fn the_reference_pages_name_every_filter_merge_field_and_output() {
    let page = repository::text("infra/docs/merge-fields.md");
    let names = FILTERS.iter().map(|filter| filter.name.to_owned());
    let kinds = EventType::ALL.iter().map(|kind| Trigger::Event(*kind)).chain([Trigger::Manual]);
    let fields: BTreeSet<String> =
        kinds.flat_map(|kind| Scope::of(kind).fields().map(|field| field.field.clone()).collect::<Vec<_>>()).collect();
    assert!(fields.len() > 20, "{} merge fields", fields.len());
    let unnamed: Vec<String> = names.chain(fields).filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    let actions = repository::text("infra/docs/actions.md");
    let (_, table) = actions.split_once("| step | does |").unwrap();
    let row = |step: &str| table.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{step}`")));
    let (mut steps, mut named) = (0, 0);
    for step in trigger_catalog::steps() {
        let name = step.r#type.into_str();
        let row = row(name).unwrap_or_else(|| panic!("infra/docs/actions.md has no row for {name}"));
        let outputs = row.rsplit('|').nth(1).unwrap();
        for output in step.outputs {
            assert!(outputs.contains(&format!("`{}`", output.name)), "{name}: {}", output.name);
            named += 1;
        }
        steps += 1;
    }
    assert!(steps > 15 && named > 5, "{steps} steps with {named} outputs");
}

#[test]
fn the_merge_field_page_shows_what_filters_print() {
    let page = repository::text("infra/docs/merge-fields.md");
    for TemplateFilter { name, description, example, result } in &FILTERS[..13] {
        let row = format!("| `{name}` | {description} | `{}` → `{result}` |", example.replace('|', "\\|"));
        assert!(page.contains(&row), "{row}");
    }
    for kind in EventType::ALL {
        let mut fields = 0;
        for field in Scope::of(Trigger::Event(*kind)).fields() {
            let row = format!("| `{}` | {} | {}", field.field, field.kind.into_str(), field.description);
            assert!(page.contains(&row), "{row}");
            fields += 1;
        }
        assert!(fields > 10, "{kind} has {fields} merge fields");
    }
}

#[test]
fn the_reference_pages_name_every_trigger_filter_field_and_operator() {
    let triggers = repository::text("infra/docs/triggers.md");
    for kind in EventType::ALL {
        let row = format!("| `{}` | `{kind}` |", kind.trigger());
        assert!(triggers.contains(&row), "{row}");
    }
    let filters = repository::text("infra/docs/filters.md");
    for field in FilterField::ALL {
        assert!(filters.contains(&format!("| `{}` |", field.name())), "{field:?}");
        assert!(!field.operators().is_empty(), "{field:?}");
        for operator in field.operators() {
            assert!(filters.contains(&format!("`{operator}`")), "{operator}");
        }
    }
}

#[test]
fn shipped_workflows_have_no_warnings() {
    let samples = ["member20", "upsell", "beta50", "of-all-steps"];
    let samples = samples.map(|name| repository::json(&format!("events/samples/workflow-{name}.json")));
    let id = |place: usize| WorkflowId::new(DateTime::UNIX_EPOCH, [u8::try_from(place).unwrap(); 10]);
    let templates = WorkflowTemplate::shipped().into_iter().flat_map(|template| {
        let values = input::read(&json!({}), |field, errors| template.read_values(field, errors)).unwrap();
        template.workflows_with(&values, id).into_iter().map(|(_, document)| document).collect::<Vec<_>>()
    });
    let readme = repository::text("README.md");
    let shown = readme.split("```json\n").skip(1).filter_map(|block| block.split("```").next());
    let shown = shown.filter_map(|block| serde_json::from_str::<Value>(block).ok());
    let shown: Vec<Value> = shown.filter(|document| document.get("trigger").is_some()).collect();
    assert!(!shown.is_empty(), "the README shows no workflow");
    let mut reviewed = 0;
    for document in samples.into_iter().chain(templates).chain(shown) {
        let warnings = Definition::review(&document, UrlPolicy::Public).map(|reviewed| reviewed.warnings);
        assert_eq!(warnings, Ok(Vec::new()), "{}", document["name"]);
        reviewed += 1;
    }
    assert!(reviewed > 10, "{reviewed}");
}
