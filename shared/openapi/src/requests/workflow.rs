//! Request schemas of workflows, their steps, dry runs and workflow templates.

use serde_json::{Map, Value, json};

use super::{coupon, duration, email, filter, integer, lines, list, nullable, object, optional, text};
use couponflow_domain::automation::workflow_template::WorkflowTemplate;

use crate::schema;

/// Schema of a workflow document.
pub(crate) fn document() -> Value {
    let flag = |description: &str| optional(json!({"type": "boolean", "description": description}));
    let alert = object(
        "Stop, and send an e-mail to these recipients.",
        &["alert"],
        &[("alert", list(1, 20, email("Address of a recipient.")))],
    );
    let on_failure = json!({
        "description": "What happens to an execution after a step has failed permanently. Default: `stop`. If a wait \
                        fails, the execution stops even with `continue`, because the steps after a wait are never \
                        performed early.",
        "anyOf": [{"enum": ["stop", "continue"]}, alert],
    });
    let on_unknown = json!({
        "enum": ["continue", "stop", "retry"],
        "description": "What happens after a message with an unknown outcome, that is, when it may or may not have \
                        been sent. `retry` may send it twice. Default: `continue`.",
    });
    let most = integer(1, 1000, "Maximum number of executions per contact and clock hour. Omitted: unlimited.");
    object(
        "A workflow document.",
        &["name", "trigger", "steps"],
        &[
            ("name", text(1, 200, "Name of the workflow.")),
            ("trigger", schema("TriggerInput")),
            (
                "re_entry",
                flag(
                    "Whether a contact can enter the workflow again after their previous execution has ended. Default: \
                     a contact enters only once.",
                ),
            ),
            ("message_window", optional(window())),
            (
                "stop_on_redemption",
                flag(
                    "Whether an execution stops when the contact redeems its coupon, or a coupon that the execution \
                     generated.",
                ),
            ),
            ("max_executions_per_contact_and_hour", optional(most)),
            ("on_failure", optional(on_failure)),
            ("on_unknown", optional(on_unknown)),
            (
                "locale",
                optional(json!({
                    "type": "string",
                    "description": "BCP 47 language tag for contacts without a locale, such as `de-DE`. Default: \
                                    `en-US`.",
                })),
            ),
            ("time_zone", optional(zone("Time zone for contacts without a time zone. Default: `UTC`."))),
            ("steps", list(1, 100, schema("StepInput"))),
        ],
    )
}

/// Schema of a trigger. Events with an order and events without one have different filters. A `manual` trigger, for
/// workflows that other workflows start, has none.
fn trigger() -> Value {
    let trigger = |types: Vec<&str>, filters: Value| {
        let members = [("type", json!({"enum": types})), ("filters", optional(filters))];
        object("The event that starts the workflow, and filters that select among those events.", &["type"], &members)
    };
    let of_events = filter::filter_schemas().map(|(filter, kinds)| {
        let filters = json!({"anyOf": [schema(filter), {"type": "array", "maxItems": 0}]});
        trigger(kinds.iter().map(|kind| kind.trigger()).collect(), filters)
    });
    let manual = trigger(vec!["manual"], json!({"type": "array", "maxItems": 0}));
    json!({"oneOf": of_events.into_iter().chain([manual]).collect::<Vec<_>>()})
}

/// Schema of a step: `id`, `type` and the given members.
fn step(kind: &str, description: &str, required: &[&str], members: &[(&str, Value)]) -> Value {
    let id = json!({
        "type": "string",
        "pattern": "^[a-z][a-z0-9_]{0,39}$",
        "description": "Id of the step, unique in the workflow.",
    });
    let members = [&[("id", id), ("type", json!({"const": kind}))], members].concat();
    object(description, &[&["id", "type"], required].concat(), &members)
}

fn send_email() -> Value {
    let (subject, html, text) = (subject(), body("HTML body."), body("Plain-text body."));
    let members = [("subject", subject), ("html", nullable(html)), ("text", nullable(text))];
    let mut step = step("send_email", "Sends an e-mail to the contact.", &["subject"], &members);
    let has = |name: &str| json!({"required": [name], "properties": {name: {"type": "string"}}});
    step["anyOf"] = json!([has("html"), has("text")]);
    step
}

pub(super) fn subject() -> Value {
    text(1, 500, "Subject line. A template.")
}

pub(super) fn body(description: &str) -> Value {
    lines(1, 100_000, &format!("{description} A template."))
}

/// Schema of a list of nested steps with at least `least` entries.
fn nested_steps(least: usize) -> Value {
    list(least, 100, schema("StepInput"))
}

fn time_of_day() -> Value {
    json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
}

fn zone(description: &str) -> Value {
    json!({"type": "string", "description": format!("{description} An IANA time zone name.")})
}

fn window() -> Value {
    let days = json!({"enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]});
    let members = [
        ("days", optional(list(1, 7, days))),
        ("from", time_of_day()),
        ("to", time_of_day()),
        ("time_zone", optional(zone("Time zone for contacts without a time zone. Default: `UTC`."))),
    ];
    let description = "A time of day on some days of the week, in the contact's time zone. The window is open exactly \
                       while the local clock shows a time from `from` up to `to`. If `to` is before `from`, the window \
                       ends on the next day. If a change of the clocks skips part of a window, it is open for the \
                       rest; if the change skips all of it, it stays closed until its next day. If a change repeats an \
                       hour, the window is open twice.";
    object(description, &["from", "to"], &members)
}

/// Schemas of a step that reacts to a condition: an event with filters, or a change of the contact's tags or lists.
fn condition_steps(kind: &str, description: &str, required: &[&str], members: &[(&str, Value)]) -> Vec<Value> {
    let (filter, events) = &filter::filter_schemas()[0];
    let events: Vec<&str> = events.iter().map(|event| event.trigger()).collect();
    let filters = json!({"anyOf": [schema(filter), {"type": "array", "maxItems": 0}]});
    let id = json!({
        "type": "string",
        "minLength": 1,
        "maxLength": 40,
        "description": "Id of an earlier step that outputs a coupon.",
    });
    let coupon = json!({
        "anyOf": [{"enum": ["same", "any"]}, object("The coupon of an earlier step.", &["step"], &[("step", id)])],
        "description": "The coupon that the event must be about: the coupon of the execution's event (`same`), any \
                        coupon (`any`), or the coupon that an earlier step outputs. Default: `same`.",
    });
    let of_event = [("event", json!({"enum": events})), ("coupon", optional(coupon)), ("filters", optional(filters))];
    let required = [&["event"], required].concat();
    let mut forms = vec![step(kind, description, &required, &[&of_event, members].concat())];
    for (member, names) in [("tag", ["tag_added", "tag_removed"]), ("list", ["list_joined", "list_left"])] {
        let of_change = [("event", json!({"enum": names})), (member, text(1, 100, "Name of the tag or list."))];
        forms.push(step(kind, description, &[&[member], &required[..]].concat(), &[&of_change, members].concat()));
    }
    forms
}

fn notifications() -> Vec<Value> {
    let notify = |channel: &str, required: &[&str], members: &[(&str, Value)]| {
        let channel = ("channel", json!({"const": channel}));
        let members = [&[channel, ("text", body("Message text."))], members].concat();
        step(
            "notify",
            "Notifies colleagues by e-mail, Slack or Amazon SNS.",
            &[&["channel", "text"], required].concat(),
            &members,
        )
    };
    vec![
        notify(
            "email",
            &["to", "subject"],
            &[("to", list(1, 20, email("Address of a recipient."))), ("subject", subject())],
        ),
        notify("slack", &["url"], &[("url", url())]),
        notify(
            "sns",
            &["topic_arn"],
            &[("topic_arn", text(1, 300, "ARN of the SNS topic.")), ("subject", optional(subject()))],
        ),
    ]
}

fn webhook_body() -> Value {
    let json = |kind: &str| {
        json!({
            "type": kind,
            "description": "JSON whose strings are templates. A string that consists of a single merge field is \
                            replaced by the value in its own type, or by null if there is no value.",
        })
    };
    let text = body("Sent as JSON if it begins with `{` or `[`, otherwise as `text/plain`.");
    json!({"anyOf": [text, json("object"), json("array")]})
}

fn url() -> Value {
    json!({"type": "string", "pattern": "^https://[A-Za-z0-9.-]+[.][A-Za-z]{2,}(/[A-Za-z0-9._/-]*)?$",
        "description": "Public HTTPS URL without user and password."})
}

fn audiences() -> Value {
    let of = |kind: &str, required: &[&str], members: &[(&str, Value)]| {
        let kind = ("type", json!({"const": kind}));
        object("A set of contacts.", &[&["type"], required].concat(), &[&[kind], members].concat())
    };
    let coupon = || [("coupon_id", optional(schema("CouponId")))];
    json!({"oneOf": [
        of("applied_not_redeemed", &[], &coupon()),
        of("redeemed", &[], &coupon()),
        of("list", &["list"], &[("list", text(1, 100, "Name of the list."))]),
        of("tag", &["tag"], &[("tag", text(1, 100, "Name of the tag."))]),
    ]})
}

fn control_flow() -> Vec<Value> {
    let until = text(
        1,
        500,
        "An RFC 3339 instant, or a template that renders to one. It may be any time ahead; if it has passed, the step \
         does not wait. If it renders to nothing, such as `{{coupon.expires_at}}` of a coupon that never expires, the \
         execution ends, because the steps after a wait are never performed early. If the wait fails, the execution \
         fails, even with `on_failure` `continue`.",
    );
    let branch = |first: (&str, Value), required: &[&str]| {
        object("Branch.", required, &[first, ("steps", optional(nested_steps(0)))])
    };
    let filters = filter::filter_schemas().map(|(name, _)| schema(name));
    let filters = json!({"anyOf": [filters[0], filters[1], {"type": "array", "maxItems": 0}]});
    let weight = ("weight", integer(1, 1_000_000, "Relative weight of the branch."));
    let wait_members = [
        ("timeout", duration("Maximum time to wait. PT1S to P366D.")),
        ("then", optional(nested_steps(0))),
        ("on_timeout", optional(nested_steps(0))),
    ];
    let if_not_met = json!({"enum": ["continue", "wait", "end"], "default": "continue",
        "description": "What an execution does that reaches the goal before the condition is met. `wait` waits for at \
                        most one year, then ends."});
    let if_not_met = [("if_not_met", optional(if_not_met))];
    let branches = list(1, 20, branch(("filters", filters), &["filters"]));
    let mut steps = vec![
        step("wait", "Waits for a duration.", &["for"], &[("for", duration("Time to wait. PT1S to P366D."))]),
        step(
            "wait",
            "Waits until an instant.",
            &["until"],
            &[
                ("until", until),
                ("time_zone", optional(zone("Time zone of an instant without an offset."))),
                (
                    "before",
                    optional(duration("Offset before the instant: the wait ends this much earlier. PT1S to P366D.")),
                ),
            ],
        ),
        step("wait", "Waits until a time window opens.", &["window"], &[("window", window())]),
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
            &[("branches", list(2, 20, branch(weight, &["weight"])))],
        ),
        step(
            "for_each_contact",
            "Runs the nested steps for each contact of an audience.",
            &["audience", "steps"],
            &[("audience", audiences()), ("steps", nested_steps(1))],
        ),
    ];
    steps.extend(condition_steps(
        "wait_for_event",
        "Waits until the condition is met or the timeout has passed.",
        &["timeout"],
        &wait_members,
    ));
    steps.extend(condition_steps(
        "goal",
        "A goal: as soon as the condition is met, the execution continues at this step.",
        &[],
        &if_not_met,
    ));
    steps
}

fn steps() -> Vec<Value> {
    let named = |what: &str| text(1, 100, &format!("Name of the {what}."));
    let coupon_id = || ("coupon_id", optional(schema("CouponId")));
    let workflow_id = || schema("WorkflowId");
    let generated = [
        ("coupon", coupon::generated_coupon_terms()),
        ("prefix", optional(json!({"type": "string", "pattern": "^[A-Za-z0-9]{1,20}$"}))),
        ("expires_in", optional(duration("Lifetime of the generated coupon. PT1M to P3660D."))),
        ("only_for_contact", optional(json!({"type": "boolean", "default": false}))),
    ];
    let mut steps = vec![
        step("add_tag", "Adds a tag to the contact.", &["tag"], &[("tag", named("tag"))]),
        step("remove_tag", "Removes a tag from the contact.", &["tag"], &[("tag", named("tag"))]),
        step("add_to_list", "Adds the contact to a list.", &["list"], &[("list", named("list"))]),
        step("remove_from_list", "Removes the contact from a list.", &["list"], &[("list", named("list"))]),
        send_email(),
        step(
            "webhook",
            "Sends a signed POST request with the event as published on the bus, or with `body`. Retried while the \
             receiver returns 408, 425, 429 or 5xx, up to nine attempts over three days. Waits for the receiver's \
             `Retry-After`, up to 24 hours.",
            &["url"],
            &[("url", url()), ("body", optional(webhook_body()))],
        ),
        step("pause_coupon", "Pauses a coupon. Default: the coupon of the event.", &[], &[coupon_id()]),
        step("replace_with_backup_coupon", "Activates the backup coupon of the event's coupon.", &[], &[]),
        step(
            "generate_coupon",
            "Generates a coupon with its own code that can be redeemed once.",
            &["coupon"],
            &generated,
        ),
        step(
            "extend_coupon",
            "Moves the expiry of a coupon to a later time. Default: the coupon of the event.",
            &["by"],
            &[coupon_id(), ("by", duration("Time to add. PT1S to P366D."))],
        ),
        step(
            "raise_limit",
            "Raises the redemption limit of a coupon. Default: the coupon of the event.",
            &["by"],
            &[coupon_id(), ("by", integer(1, 1_000_000_000, "Number of redemptions to add."))],
        ),
        step(
            "start_workflow",
            "Starts another workflow for the same contact.",
            &["workflow_id"],
            &[("workflow_id", workflow_id())],
        ),
        step(
            "stop_workflow",
            "Stops the contact's execution of a workflow. Default: this workflow.",
            &[],
            &[("workflow_id", optional(workflow_id()))],
        ),
    ];
    steps.extend(notifications());
    steps.extend(control_flow());
    steps
}

fn events_in_request() -> Value {
    let event = json!({
        "type": "object",
        "required": ["detail-type", "detail"],
        "description": "An event as published on the bus.",
    });
    object("Events sent with the request.", &["events"], &[("events", list(1, 100, event))])
}

fn archived_events() -> Value {
    let instant =
        |description: &str| optional(json!({"type": "string", "format": "date-time", "description": description}));
    let cursor = json!({"type": "string", "minLength": 2, "maxLength": 267, "pattern": "^[A-Za-z0-9_-]+$"});
    let members = [
        ("from", instant("Start of the time range, inclusive.")),
        ("to", instant("End of the time range, exclusive.")),
        ("coupon_id", optional(schema("CouponId"))),
        ("limit", optional(integer(1, 100, "Maximum number of events per response. Default: 20."))),
        ("cursor", optional(cursor)),
    ];
    object("Archived events of the trigger's type in a time range, newest first.", &[], &members)
}

fn template_name() -> Value {
    let names: Vec<String> = WorkflowTemplate::shipped().into_iter().map(|template| template.name).collect();
    json!({"type": "string", "enum": names, "description": "Name of a workflow template."})
}

fn template_input() -> Value {
    let value = text(1, 200, "Value of the parameter.");
    let parameters = json!({
        "type": "object",
        "additionalProperties": value,
        "description": "Parameter values by name. Omitted parameters take the template's example values.",
    });
    object("Parameters of the workflow template.", &[], &[("parameters", optional(parameters))])
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([
        ("WorkflowInput".to_owned(), document()),
        ("TriggerInput".to_owned(), trigger()),
        ("StepInput".to_owned(), json!({"anyOf": steps()})),
        (
            "RestoreInput".to_owned(),
            object(
                "The version to restore.",
                &["version"],
                &[("version", integer(1, i64::MAX, "Number of a published version."))],
            ),
        ),
        ("DryRunInput".to_owned(), json!({"anyOf": [events_in_request(), archived_events()]})),
        ("ReplayInput".to_owned(), archived_events()),
        ("WorkflowTemplateName".to_owned(), template_name()),
        ("WorkflowTemplateInput".to_owned(), template_input()),
    ])
}
