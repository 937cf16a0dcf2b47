//! Workflows.

use serde_json::{Map, Value, json};

use super::{coupon, duration, email, filter, integer, lines, list, nullable, object, optional, text};
use couponflow_domain::workflow_template::WorkflowTemplate;

use crate::schema;

/// A workflow as its author writes it.
pub(crate) fn document() -> Value {
    let flag = |description: &str| optional(json!({"type": "boolean", "description": description}));
    let alert = object("Who is told.", &["alert"], &[("alert", list(1, 20, email("A recipient.")))]);
    let on_failure = json!({"description": "What becomes of an execution of which a step has failed for good. After a wait that failed it stops, \
         also with `continue`: what follows a wait is never done early.",
        "anyOf": [{"enum": ["stop", "continue"]}, alert]});
    let on_unknown = json!({"enum": ["continue", "stop", "retry"],
        "description": "What becomes of a message of which it is not known whether it was sent."});
    let most = integer(1, 1000, "How many executions one contact may enter in an hour of the clock.");
    object(
        "A workflow.",
        &["name", "trigger", "steps"],
        &[
            ("name", text(1, 200, "The author's name for it.")),
            ("trigger", schema("TriggerInput")),
            (
                "re_entry",
                flag("Whether a contact may enter it again, when their execution before is over. Default: once ever."),
            ),
            ("message_window", optional(window())),
            (
                "stop_on_redemption",
                flag("Whether it is stopped when the contact redeems its coupon, or one that it has generated."),
            ),
            ("max_executions_per_contact_and_hour", optional(most)),
            ("on_failure", optional(on_failure)),
            ("on_unknown", optional(on_unknown)),
            (
                "locale",
                optional(
                    json!({"type": "string", "description": "Where the contact's is not known, such as `de-DE`."}),
                ),
            ),
            ("time_zone", optional(zone("Where the contact's is not known."))),
            ("steps", list(1, 100, schema("StepInput"))),
        ],
    )
}

/// Each sort of events has filters of its own; a workflow that others start has none.
fn trigger() -> Value {
    let trigger = |types: Vec<&str>, filters: Value| {
        let members = [("type", json!({"enum": types})), ("filters", optional(filters))];
        object("What sets it off, and which of those events it wants.", &["type"], &members)
    };
    let of_events = filter::sorts().map(|(filter, kinds)| {
        let filters = json!({"anyOf": [schema(filter), {"type": "array", "maxItems": 0}]});
        trigger(kinds.iter().map(|kind| kind.trigger()).collect(), filters)
    });
    let manual = trigger(vec!["manual"], json!({"type": "array", "maxItems": 0}));
    json!({"oneOf": of_events.into_iter().chain([manual]).collect::<Vec<_>>()})
}

fn step(kind: &str, description: &str, required: &[&str], members: &[(&str, Value)]) -> Value {
    let id = json!({"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$", "description": "Unique in the workflow."});
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
    text(1, 500, "Subject line, a template.")
}

pub(super) fn body(description: &str) -> Value {
    lines(1, 100_000, &format!("{description} A template."))
}

/// An optional step inside a step.
fn inside(least: usize) -> Value {
    list(least, 100, schema("StepInput"))
}

fn time_of_day() -> Value {
    json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
}

fn zone(description: &str) -> Value {
    json!({"type": "string", "description": format!("{description} Of the IANA database.")})
}

fn window() -> Value {
    let days = json!({"enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]});
    let members = [
        ("days", optional(list(1, 7, days))),
        ("from", time_of_day()),
        ("to", time_of_day()),
        ("time_zone", optional(zone("Where the contact's is not known."))),
    ];
    let description = "A time of day on some days of the week, in the contact's zone. It is open exactly while the clock \
                       there shows a time from `from` up to `to`. Where the clocks are put forward, a window that is skipped \
                       partly is open for the rest, and one that is skipped wholly stays closed until the next of its days; \
                       in an hour that comes twice it is open twice.";
    object(description, &["from", "to"], &members)
}

/// A step that something happens in: of an event with filters, or of a change of a tag or list.
fn happening(kind: &str, description: &str, required: &[&str], members: &[(&str, Value)]) -> Vec<Value> {
    let (filter, events) = &filter::sorts()[0];
    let events: Vec<&str> = events.iter().map(|event| event.trigger()).collect();
    let filters = json!({"anyOf": [schema(filter), {"type": "array", "maxItems": 0}]});
    let id = json!({"type": "string", "minLength": 1, "maxLength": 40, "description": "The id of an earlier step."});
    let coupon = json!({"anyOf": [{"enum": ["same", "any"]}, object("The coupon of a step.", &["step"], &[("step", id)])],
        "description": "Which coupon: the event's own (`same`), any, or the one that an earlier step put out. Default: `same`."});
    let of_event = [("event", json!({"enum": events})), ("coupon", optional(coupon)), ("filters", optional(filters))];
    let required = [&["event"], required].concat();
    let mut forms = vec![step(kind, description, &required, &[&of_event, members].concat())];
    for (member, names) in [("tag", ["tag_added", "tag_removed"]), ("list", ["list_joined", "list_left"])] {
        let of_change = [("event", json!({"enum": names})), (member, text(1, 100, "Its name."))];
        forms.push(step(kind, description, &[&[member], &required[..]].concat(), &[&of_change, members].concat()));
    }
    forms
}

fn notifications() -> Vec<Value> {
    let notify = |channel: &str, required: &[&str], members: &[(&str, Value)]| {
        let channel = ("channel", json!({"const": channel}));
        let members = [&[channel, ("text", body("The message."))], members].concat();
        step("notify", "Tells colleagues.", &[&["channel", "text"], required].concat(), &members)
    };
    vec![
        notify("email", &["to", "subject"], &[("to", list(1, 20, email("A recipient."))), ("subject", subject())]),
        notify("slack", &["url"], &[("url", url())]),
        notify("sns", &["topic_arn"], &[("topic_arn", text(1, 300, "The topic.")), ("subject", optional(subject()))]),
    ]
}

fn webhook_body() -> Value {
    let json = |kind: &str| {
        json!({"type": kind, "description": "JSON whose texts are templates. A text that is nothing but \
        one merge field keeps the type of its value, and becomes null without a value."})
    };
    let text = body("Sent as `text/plain`, or, where it begins with `{` or `[`, as JSON.");
    json!({"anyOf": [text, json("object"), json("array")]})
}

fn url() -> Value {
    json!({"type": "string", "pattern": "^https://[A-Za-z0-9.-]+[.][A-Za-z]{2,}(/[A-Za-z0-9._/-]*)?$",
        "description": "Public, and without user and password."})
}

fn audiences() -> Value {
    let of = |kind: &str, required: &[&str], members: &[(&str, Value)]| {
        let kind = ("type", json!({"const": kind}));
        object("An audience.", &[&["type"], required].concat(), &[&[kind], members].concat())
    };
    let coupon = || [("coupon_id", optional(schema("CouponId")))];
    json!({"oneOf": [
        of("applied_not_redeemed", &[], &coupon()),
        of("redeemed", &[], &coupon()),
        of("list", &["list"], &[("list", text(1, 100, "The list."))]),
        of("tag", &["tag"], &[("tag", text(1, 100, "The tag."))]),
    ]})
}

fn control_flow() -> Vec<Value> {
    let until = text(
        1,
        500,
        "An RFC 3339 instant, or a template of one, however far ahead. An instant that has passed is not waited for. Where \
         there is none (`{{coupon.expires_at}}` of a coupon that never expires), the execution ends here: nothing that \
         follows is done early. A wait that fails ends the execution as failed, also with `on_failure` `continue`.",
    );
    let branch =
        |first: (&str, Value), required: &[&str]| object("A way.", required, &[first, ("steps", optional(inside(0)))]);
    let filters = filter::sorts().map(|(name, _)| schema(name));
    let filters = json!({"anyOf": [filters[0], filters[1], {"type": "array", "maxItems": 0}]});
    let weight = ("weight", integer(1, 1_000_000, "Its share of all."));
    let ways = [
        ("timeout", duration("From PT1S to P366D.")),
        ("then", optional(inside(0))),
        ("on_timeout", optional(inside(0))),
    ];
    let if_not_met = json!({"enum": ["continue", "wait", "end"], "default": "continue",
        "description": "What becomes of an execution that comes here before: `wait` waits a year at most, and then ends."});
    let if_not_met = [("if_not_met", optional(if_not_met))];
    let branches = list(1, 20, branch(("filters", filters), &["filters"]));
    let mut steps = vec![
        step("wait", "Lets time pass.", &["for"], &[("for", duration("From PT1S to P366D."))]),
        step(
            "wait",
            "Waits until an instant.",
            &["until"],
            &[
                ("until", until),
                ("time_zone", optional(zone("Of an instant without an offset."))),
                ("before", optional(duration("So much earlier."))),
            ],
        ),
        step("wait", "Waits until a window is open.", &["window"], &[("window", window())]),
        step(
            "branch",
            "Goes the first way whose filters want the event and the contact as they are then.",
            &["branches"],
            &[("branches", branches), ("else", optional(inside(0)))],
        ),
        step(
            "random_split",
            "Goes one of some ways, for each contact always the same.",
            &["branches"],
            &[("branches", list(2, 20, branch(weight, &["weight"])))],
        ),
        step(
            "for_each_contact",
            "Runs the steps inside for each contact of an audience.",
            &["audience", "steps"],
            &[("audience", audiences()), ("steps", inside(1))],
        ),
    ];
    steps.extend(happening("wait_for_event", "Waits for something to happen to the contact.", &["timeout"], &ways));
    steps.extend(happening("goal", "Goes on here as soon as it happens.", &[], &if_not_met));
    steps
}

fn steps() -> Vec<Value> {
    let named = |what: &str| text(1, 100, &format!("The {what}."));
    let coupon_id = || ("coupon_id", optional(schema("CouponId")));
    let workflow_id = || schema("WorkflowId");
    let generated = [
        ("coupon", coupon::new_terms()),
        ("prefix", optional(json!({"type": "string", "pattern": "^[A-Za-z0-9]{1,20}$"}))),
        ("expires_in", optional(duration("From PT1M to P3660D."))),
        ("only_for_contact", optional(json!({"type": "boolean", "default": false}))),
    ];
    let mut steps = vec![
        step("add_tag", "Adds a tag to the contact.", &["tag"], &[("tag", named("tag"))]),
        step("remove_tag", "Takes a tag off the contact.", &["tag"], &[("tag", named("tag"))]),
        step("add_to_list", "Puts the contact on a list.", &["list"], &[("list", named("list"))]),
        step("remove_from_list", "Takes the contact off a list.", &["list"], &[("list", named("list"))]),
        send_email(),
        step(
            "webhook",
            "Posts to a web address, signed: the event as it stands on the bus, or this body. Tried up to nine times over \
             three days while the receiver answers 408, 425, 429 or 5xx, and not before its `Retry-After`, which counts up to \
             24 hours.",
            &["url"],
            &[("url", url()), ("body", optional(webhook_body()))],
        ),
        step("pause_coupon", "Pauses a coupon: the event's own where none is named.", &[], &[coupon_id()]),
        step("replace_with_backup_coupon", "Activates the backup coupon of the event's coupon.", &[], &[]),
        step(
            "generate_coupon",
            "Makes a coupon that can be redeemed once, with a code of its own.",
            &["coupon"],
            &generated,
        ),
        step(
            "extend_coupon",
            "Moves a coupon's expiry on.",
            &["by"],
            &[coupon_id(), ("by", duration("From PT1S to P366D."))],
        ),
        step(
            "raise_limit",
            "Permits more redemptions of a coupon.",
            &["by"],
            &[coupon_id(), ("by", integer(1, 1_000_000_000, "How many more."))],
        ),
        step("start_workflow", "Starts another workflow.", &["workflow_id"], &[("workflow_id", workflow_id())]),
        step(
            "stop_workflow",
            "Stops the contact's execution of a workflow: of this one where none is named.",
            &[],
            &[("workflow_id", optional(workflow_id()))],
        ),
    ];
    steps.extend(notifications());
    steps.extend(control_flow());
    steps
}

fn given_events() -> Value {
    let event =
        json!({"type": "object", "required": ["detail-type", "detail"], "description": "As it stands on the bus."});
    object("Given events.", &["events"], &[("events", list(1, 100, event))])
}

fn archived_events() -> Value {
    let instant =
        |description: &str| optional(json!({"type": "string", "format": "date-time", "description": description}));
    let cursor = json!({"type": "string", "minLength": 2, "maxLength": 267, "pattern": "^[A-Za-z0-9_-]+$"});
    let members = [
        ("from", instant("The first instant.")),
        ("to", instant("The instant before which they occurred.")),
        ("coupon_id", optional(schema("CouponId"))),
        ("limit", optional(integer(1, 100, "The most events of an answer."))),
        ("cursor", optional(cursor)),
    ];
    object("Archived events of the trigger's type, newest first.", &[], &members)
}

fn template_name() -> Value {
    let names: Vec<String> = WorkflowTemplate::shipped().into_iter().map(|template| template.name).collect();
    json!({"type": "string", "enum": names, "description": "The name of a workflow template."})
}

fn template_input() -> Value {
    let value = text(1, 200, "A value.");
    let parameters = json!({"type": "object", "additionalProperties": value, "description": "Values by name."});
    object("The parameters of the template.", &[], &[("parameters", optional(parameters))])
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([
        ("WorkflowInput".to_owned(), document()),
        ("TriggerInput".to_owned(), trigger()),
        ("StepInput".to_owned(), json!({"anyOf": steps()})),
        (
            "RestoreInput".to_owned(),
            object("Which version.", &["version"], &[("version", integer(1, i64::MAX, "Which."))]),
        ),
        ("DryRunInput".to_owned(), json!({"anyOf": [given_events(), archived_events()]})),
        ("ReplayInput".to_owned(), archived_events()),
        ("WorkflowTemplateName".to_owned(), template_name()),
        ("WorkflowTemplateInput".to_owned(), template_input()),
    ])
}
