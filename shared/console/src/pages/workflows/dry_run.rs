//! Dry run: what the saved workflow would do for past events, and why.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use couponflow_http::Operation;
use serde::Deserialize;
use serde_json::{Value, json};

use super::filter_rows::value;
use crate::api::{Api, ApiRequest};
use crate::context::Context;
use crate::facts::{List, Workflow};
use crate::failure::{PageResult, parse, read, send};
use crate::format;
use crate::layout::Layout;
use crate::paging::next_page;
use crate::response::PageResponse;

/// Number of events on a page.
const LIMIT: i64 = 20;

/// Days of the event log that the page goes through.
const DAYS: i64 = 30;

/// What the workflow would do for one event.
#[derive(Debug, Deserialize)]
struct DryRun {
    event_id: String,
    event_type: String,
    occurred_at: DateTime<Utc>,
    matches: bool,
    expected_event: Option<String>,
    filters: Option<Value>,
    would_skip: Option<String>,
    would_end: Option<String>,
    steps: Vec<PlannedStep>,
}

/// Step that the execution would reach.
#[derive(Debug, Deserialize)]
struct PlannedStep {
    id: String,
    r#type: String,
    status: String,
    detail: Option<String>,
    note: Option<String>,
    input: Value,
}

/// Judgement of a filter.
#[derive(Debug, PartialEq, Eq)]
struct Judged {
    depth: usize,
    held: bool,
    text: String,
}

impl DryRun {
    /// Whether the event has the type that the trigger expects. The page leaves out other events.
    fn is_of_trigger(&self) -> bool {
        self.expected_event.is_none()
    }

    fn judged(&self) -> Vec<Judged> {
        let mut rows = Vec::new();
        if let Some(filters) = &self.filters {
            judge(filters, 0, &mut rows);
        }
        rows
    }
}

impl PlannedStep {
    fn has_input(&self) -> bool {
        self.input.as_object().is_some_and(|members| !members.is_empty())
    }
}

/// Adds the rows of an explanation. A list of filters that must all match has no row of its own at the top.
fn judge(explanation: &Value, depth: usize, rows: &mut Vec<Judged>) {
    let held = explanation["held"] == true;
    for (member, label) in [("all", "All of:"), ("any", "Any of:")] {
        if let Some(parts) = explanation[member].as_array() {
            let is_whole = depth == 0 && member == "all";
            if !is_whole {
                rows.push(Judged { depth, held, text: label.to_owned() });
            }
            return parts.iter().for_each(|part| judge(part, depth + usize::from(!is_whole), rows));
        }
    }
    if explanation["not"].is_object() {
        rows.push(Judged { depth, held, text: "Not:".to_owned() });
        return judge(&explanation["not"], depth + 1, rows);
    }
    let word = |name: &str| format::state(explanation[name].as_str().unwrap_or_default());
    let received = match value(&explanation["received"]) {
        none if none.is_empty() => "no value".to_owned(),
        some => some,
    };
    let expected = value(&explanation["expected"]);
    let test = format!("{} {} {expected}", word("field"), word("operator"));
    let note = explanation["note"].as_str().map(|note| format!(" ({note})")).unwrap_or_default();
    rows.push(Judged { depth, held, text: format!("{}; the event has {received}{note}", test.trim_end()) });
}

#[derive(Template)]
#[template(path = "workflows/dry_run.html")]
struct DryRunPage {
    layout: Layout,
    workflow: Workflow,
    runs: Vec<DryRun>,
    days: i64,
    next: String,
}

/// Shows the page.
pub(crate) async fn show<A: Api>(context: &Context<'_, A>, id: &str) -> PageResult {
    let request = context.request;
    let workflow: Workflow = parse(&send(context.api, ApiRequest::new(Operation::ReadWorkflow, id)).await?.body)?;
    let from = request.now - TimeDelta::days(DAYS);
    let mut body = json!({"from": format::machine_time(&from), "limit": LIMIT});
    if !request.query("cursor").is_empty() {
        // The cursor belongs to the range of the first page.
        body["from"] = json!(request.query("from"));
        body["cursor"] = json!(request.query("cursor"));
    }
    let from = body["from"].as_str().unwrap_or_default().to_owned();
    let runs: List<DryRun> = read(context.api, ApiRequest::new(Operation::DryRunWorkflow, id).json(body)).await?;
    let next = match next_page(request, runs.next_cursor.as_deref()) {
        next if next.is_empty() || !request.query("from").is_empty() => next,
        next => format!("{next}&from={}", form_urlencoded::byte_serialize(from.as_bytes()).collect::<String>()),
    };
    let page = DryRunPage {
        layout: Layout::new(request, context.person, "workflows", format!("Try {}", workflow.name)),
        workflow,
        runs: runs.data.into_iter().filter(DryRun::is_of_trigger).collect(),
        days: DAYS,
        next,
    };
    Ok(PageResponse::html(200, page.render()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_judged_one_by_one() {
        let explanation = json!({"held": false, "all": [
            {"held": true, "field": "coupon_code", "operator": "is", "expected": ["beta50"], "received": "beta50"},
            {"held": false, "any": [
                {"held": false, "field": "order_value", "operator": ">=",
                    "expected": {"amount": 5000, "currency": "USD"}, "received": {"amount": 100, "currency": "USD"}},
                {"held": false, "field": "source", "operator": "is", "expected": ["x"], "received": null,
                    "note": "the event has no value"}]}]});
        let mut rows = Vec::new();
        judge(&explanation, 0, &mut rows);
        let shown: Vec<_> = rows.iter().map(|row| (row.depth, row.held, row.text.as_str())).collect();
        let expected = [
            (0, true, "coupon code is beta50; the event has beta50"),
            (0, false, "Any of:"),
            (1, false, "order value >= 50.00 USD; the event has 1.00 USD"),
            (1, false, "source is x; the event has no value (the event has no value)"),
        ];
        assert_eq!(shown, expected);
    }
}
