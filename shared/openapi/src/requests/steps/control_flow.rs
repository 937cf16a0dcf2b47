//! Request schemas of the steps that wait, branch, or run nested steps.

use serde_json::{Value, json};

use super::condition::condition_steps;
use super::step::{named, nested_steps, step};
use crate::requests::filter;
use crate::requests::json_schema::{duration, integer, list, object, optional, text};
use crate::requests::time_window::{window, zone};
use couponflow_http::doc::reference::schema;

pub(super) fn steps() -> Vec<Value> {
    let until = text(
        1,
        500,
        "An RFC 3339 instant, or a template that renders to an instant. The instant can be arbitrarily far ahead. If \
         the instant has passed, the step does not wait. If the template renders to nothing, the execution ends, \
         because the steps after a wait never run early. Example: `{{coupon.expires_at}}` renders to nothing for a \
         coupon that never expires. If the wait fails, the execution fails, even with `on_failure` `continue`.",
    );
    let branch = |title: &str, first: (&str, Value), required: &[&str]| {
        object(title, "Branch.", required, &[first, ("steps", optional(nested_steps(0)))])
    };
    let filters = filter::filters(&filter::filter_schemas().map(|(name, _)| name));
    let weight = ("weight", integer(1, 1_000_000, "Relative weight of the branch."));
    let wait_members = [
        ("timeout", duration("Maximum time to wait. PT1S to P366D.")),
        ("then", optional(nested_steps(0))),
        ("on_timeout", optional(nested_steps(0))),
    ];
    let if_not_met = json!({"title": "GoalPolicy", "enum": ["continue", "wait", "end"], "default": "continue",
        "description": "What happens if the execution reaches the goal before the `event` occurs. With `wait`, the \
                        execution waits for at most one year and then ends."});
    let if_not_met = [("if_not_met", optional(if_not_met))];
    let branches = list(1, 20, branch("FilteredBranch", ("filters", filters), &["filters"]));
    let for_duration = [("for", duration("Time to wait. PT1S to P366D."))];
    let until_instant = [
        ("until", until),
        ("time_zone", optional(zone("Time zone of an instant without an offset."))),
        ("before", optional(duration("How long before the instant the wait ends. PT1S to P366D."))),
    ];
    let for_window = [("window", window())];
    let mut steps = vec![
        named("WaitForDurationStep", step("wait", "Waits for a duration.", &["for"], &for_duration)),
        named("WaitUntilInstantStep", step("wait", "Waits until an instant.", &["until"], &until_instant)),
        named("WaitForWindowStep", step("wait", "Waits until a time window opens.", &["window"], &for_window)),
        step(
            "branch",
            "Takes the first branch whose filters match the event and the current state of the contact.",
            &["branches"],
            &[("branches", branches), ("else", optional(nested_steps(0)))],
        ),
        step(
            "random_split",
            "Takes a random branch by weight. The same contact always gets the same branch.",
            &["branches"],
            &[("branches", list(2, 20, branch("WeightedBranch", weight, &["weight"])))],
        ),
        step(
            "for_each_contact",
            "Runs the nested steps for each contact of an audience.",
            &["audience", "steps"],
            &[("audience", audiences()), ("steps", nested_steps(1))],
        ),
    ];
    steps.extend(condition_steps(
        "WaitFor",
        "wait_for_event",
        "Waits until the `event` occurs or the `timeout` has passed.",
        &["timeout"],
        &wait_members,
    ));
    steps.extend(condition_steps(
        "Goal",
        "goal",
        "A goal. As soon as the `event` occurs, the execution jumps from any earlier step to this step.",
        &[],
        &if_not_met,
    ));
    steps
}

fn audiences() -> Value {
    let of = |title: &str, kind: &str, required: &[&str], members: &[(&str, Value)]| {
        let kind = ("type", json!({"const": kind}));
        object(title, "A set of contacts.", &[&["type"], required].concat(), &[&[kind], members].concat())
    };
    let coupon = || [("coupon_id", optional(schema("CouponId")))];
    json!({"oneOf": [
        of("AppliedNotRedeemedAudience", "applied_not_redeemed", &[], &coupon()),
        of("RedeemedAudience", "redeemed", &[], &coupon()),
        of("ListAudience", "list", &["list"], &[("list", text(1, 100, "Name of the list."))]),
        of("TagAudience", "tag", &["tag"], &[("tag", text(1, 100, "Name of the tag."))]),
    ]})
}
