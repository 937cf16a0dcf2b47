use super::*;
use crate::automation::actions::Body;
use serde_json::json;

fn with_steps(steps: Value) -> Value {
    json!({"name": "Member welcome", "trigger": {"type": "coupon_redeemed"}, "steps": steps})
}

fn pointers(document: Value) -> Vec<String> {
    Definition::read(&document).unwrap_err().into_iter().map(|e| e.pointer).collect()
}

#[test]
fn wait_has_a_fixed_length_of_at_most_366_days() {
    let wait = |text: &str| Definition::read(&with_steps(json!([{"id": "w", "type": "wait", "for": text}])));
    assert!(wait("P366D").is_ok());
    for bad in ["24h", "P1M", "PT0S", "P367D"] {
        assert_eq!(wait(bad).unwrap_err()[0].pointer, "/steps/0/for", "{bad}");
    }
    assert_eq!(wait("P367D").unwrap_err()[0].detail, "must be from PT1S to P366D");
}

#[test]
fn every_faulty_step_is_reported() {
    let steps = json!([
        {"id": "tag", "type": "add_tag"},
        {"id": "Tag!", "type": "dance"},
        {"id": "mail", "type": "send_email", "subject": "Hi {{customer.shoe_size}}"},
        {"id": "tell", "type": "notify", "channel": "pigeon", "to": ["nobody"], "subject": "s", "text": "t"},
    ]);
    assert_eq!(
        pointers(with_steps(steps)),
        ["/steps/0/tag", "/steps/1/id", "/steps/1/type", "/steps/2/subject", "/steps/3/channel"]
    );
}

#[test]
fn step_can_use_only_the_outputs_of_earlier_steps() {
    let uses = json!({"id": "tell", "type": "notify", "channel": "email", "to": ["team@example.com"],
        "subject": "s", "text": "now {{steps.swap.code}}"});
    let swap = json!({"id": "swap", "type": "replace_with_backup_coupon"});
    assert!(Definition::read(&with_steps(json!([swap, uses]))).is_ok());
    assert_eq!(pointers(with_steps(json!([uses, swap]))), ["/steps/0/text"]);
}

#[test]
fn only_bodies_may_have_several_lines() {
    let mail =
        |subject: &str, text: &str| json!({"id": "mail", "type": "send_email", "subject": subject, "text": text});
    assert!(Definition::read(&with_steps(json!([mail("Hi", "Hello,\r\n\n\tAna")]))).is_ok());
    let tag = json!({"id": "tag", "type": "add_tag", "tag": "a\nb"});
    assert_eq!(
        pointers(with_steps(json!([mail("Hi\n", "bell \u{7}"), tag]))),
        ["/steps/0/subject", "/steps/0/text", "/steps/1/tag"]
    );
}

#[test]
fn duplicate_step_id_is_rejected() {
    let tag = json!({"id": "tag", "type": "add_tag", "tag": "x"});
    assert_eq!(pointers(with_steps(json!([tag, tag]))), ["/steps/1/id"]);
}

#[test]
fn nested_steps_are_checked_and_reported_with_their_pointers() {
    let tag = |id: &str| json!({"id": id, "type": "add_tag", "tag": "x"});
    let steps = json!([
        {"id": "which", "type": "branch", "branches": [
            {"filters": [], "steps": [tag("a")]},
            {"steps": [tag("b")]},
            {"filters": [{"field": "coupon_code", "operator": "is", "value": "X"}], "steps": [{"id": "c", "type": "add_tag"}]}]},
        {"id": "split", "type": "random_split", "branches": [{"weight": 0}, {"weight": 1, "steps": [tag("a")]}]},
        {"id": "back", "type": "wait_for_event", "event": "coupon_expired", "timeout": "PT1H"},
        {"id": "late", "type": "branch", "branches": [], "else": [{"id": "g", "type": "goal", "event": "coupon_redeemed"}]}]);
    assert_eq!(
        pointers(with_steps(steps)),
        [
            "/steps/0/branches/1/filters",
            "/steps/0/branches/2/steps/0/tag",
            "/steps/1/branches/0/weight",
            "/steps/1/branches/1/steps/0/id",
            "/steps/2/event",
            "/steps/3/branches",
            "/steps/3/else/0/type",
        ]
    );
}

#[test]
fn customer_fields_are_available_for_contacts_of_an_audience() {
    let mail = json!({"id": "mail", "type": "send_email", "subject": "Hi {{customer.first_name}}", "text": "t"});
    let expired = |steps: Value| json!({"name": "w", "trigger": {"type": "coupon_expired"}, "steps": steps});
    let each = json!({"id": "each", "type": "for_each_contact", "audience": {"type": "applied_not_redeemed"},
        "steps": [mail]});
    assert!(Definition::read(&expired(json!([each]))).is_ok());
    assert_eq!(pointers(expired(json!([mail]))), ["/steps/0/subject", "/steps/0/type"]);
    let within =
        json!([{"id": "outer", "type": "for_each_contact", "audience": {"type": "redeemed"}, "steps": [each]}]);
    assert_eq!(pointers(expired(within)), ["/steps/0/steps/0/type"]);
}

#[test]
fn generate_coupon_rejects_terms_that_differ_for_each_coupon() {
    let generate = |coupon: Value| {
        with_steps(json!([{"id": "bonus", "type": "generate_coupon", "expires_in": "PT24H", "coupon": coupon}]))
    };
    let percent = json!({"type": "percentage", "percent_off": 10});
    assert!(Definition::read(&generate(json!({"name": "Bonus", "discount": percent}))).is_ok());
    assert_eq!(
        pointers(generate(json!({"code": "BONUS", "discount": {"type": "percentage", "percent_off": 101}}))),
        ["/steps/0/coupon/code", "/steps/0/coupon/name", "/steps/0/coupon/discount/percent_off"]
    );
}

#[test]
fn wait_has_exactly_one_of_for_until_and_window() {
    let wait = |more: Value| {
        let mut step = json!({"id": "w", "type": "wait"});
        step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Definition::read(&with_steps(json!([step]))).map(|_| ()).map_err(|errors| errors[0].pointer.clone())
    };
    assert_eq!(wait(json!({"until": "{{coupon.expires_at}}", "before": "PT24H"})), Ok(()));
    assert_eq!(wait(json!({"until": "2026-12-24T09:00:00", "time_zone": "Europe/Berlin"})), Ok(()));
    assert_eq!(wait(json!({"window": {"from": "09:00", "to": "17:00"}})), Ok(()));
    assert_eq!(wait(json!({"until": "tomorrow"})), Err("/steps/0/until".into()));
    assert_eq!(wait(json!({"for": "PT1H", "until": "{{coupon.expires_at}}"})), Err("/steps/0".into()));
    assert_eq!(wait(json!({"for": "PT1H", "before": "PT1H"})), Err("/steps/0/before".into()));
    assert_eq!(wait(json!({})), Err("/steps/0/for".into()));
}

/// Pointers and details of the faults of a document.
fn refused(document: Value) -> Vec<(String, String)> {
    Definition::read(&document).unwrap_err().into_iter().map(|e| (e.pointer, e.detail)).collect()
}

fn for_limit_reached(steps: Value) -> Value {
    json!({"name": "w", "trigger": {"type": "coupon_limit_reached"}, "steps": steps})
}

#[test]
fn step_for_a_contact_is_rejected_if_events_name_no_customer() {
    let percent = json!({"name": "Bonus", "discount": {"type": "percentage", "percent_off": 10}});
    let for_contact = json!([
        {"id": "mail", "type": "send_email", "subject": "s", "text": "t"},
        {"id": "tag", "type": "add_tag", "tag": "a"},
        {"id": "untag", "type": "remove_tag", "tag": "a"},
        {"id": "list", "type": "add_to_list", "list": "a"},
        {"id": "off", "type": "remove_from_list", "list": "a"},
        {"id": "gift", "type": "generate_coupon", "only_for_contact": true, "coupon": percent},
        {"id": "back", "type": "wait_for_event", "event": "tag_added", "tag": "a", "timeout": "PT1H"},
        {"id": "stop", "type": "stop_workflow", "workflow_id": "wfl_01KAP2V7E8QJ6D0Y4T3M5N9R1C"},
        {"id": "goal", "type": "goal", "event": "coupon_redeemed"},
    ]);
    let refused = refused(for_limit_reached(for_contact.clone()));
    let expected: Vec<String> = (0..9).map(|step| format!("/steps/{step}/type")).collect();
    assert_eq!(refused.iter().map(|(pointer, _)| pointer.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(
        refused[0].1,
        "requires a contact, but coupon_limit_reached events name no customer; put the step into a for_each_contact"
    );
    let mut inside = for_contact.clone();
    inside.as_array_mut().unwrap().pop();
    let each = json!([{"id": "each", "type": "for_each_contact", "audience": {"type": "redeemed"}, "steps": inside}]);
    assert!(Definition::read(&for_limit_reached(each)).is_ok());
    for trigger in ["coupon_applied", "manual"] {
        let document = json!({"name": "w", "trigger": {"type": trigger}, "steps": for_contact});
        assert!(Definition::read(&document).is_ok(), "{trigger}");
    }
    let without_contact = json!([{"id": "off", "type": "pause_coupon"}, {"id": "stop", "type": "stop_workflow"}]);
    assert!(Definition::read(&for_limit_reached(without_contact)).is_ok());
}

#[test]
fn merge_field_is_rejected_where_it_is_not_rendered() {
    let field = "{{steps.gift.code}}";
    let filters = json!([{"field": "coupon_code", "operator": "is", "value": field}]);
    let steps = json!([
        {"id": "tag", "type": "add_tag", "tag": field},
        {"id": "goal", "type": "goal", "event": "coupon_redeemed", "filters": filters},
        {"id": "which", "type": "branch", "branches": [{"filters": {"not": filters[0]}}]},
        {"id": "each", "type": "for_each_contact", "audience": {"type": "list", "list": field},
         "steps": [{"id": "gift", "type": "generate_coupon", "coupon": {"name": field,
            "discount": {"type": "percentage", "percent_off": 10}}}]},
    ]);
    let mut document = with_steps(steps);
    document["trigger"]["filters"] = json!([{"field": "coupon_name", "operator": "is", "value": ["a", field]}]);
    let refused = refused(document.clone());
    assert_eq!(
        refused.iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(),
        [
            "/trigger/filters/0/value/1",
            "/steps/0/tag",
            "/steps/1/filters/0/value",
            "/steps/2/branches/0/filters/not/value",
            "/steps/3/audience/list",
            "/steps/3/steps/0/coupon/name",
        ]
    );
    assert!(refused[2].1.contains("\"coupon\": {\"step\": \"id\"}"), "{}", refused[2].1);
    assert!(Definition::read_saved(&document).is_ok(), "a stored document still runs");
}

#[test]
fn recipient_address_that_mail_cannot_reach_is_rejected_on_save() {
    let bad = "ana@xn--99999.example";
    let tell = json!({"id": "tell", "type": "notify", "channel": "email", "to": ["team@example.com", bad],
        "subject": "s", "text": "t"});
    let hook = json!({"id": "hook", "type": "webhook", "url": "https://example.com/x", "body": {"to": [bad]}});
    let document = json!({"name": "w", "trigger": {"type": "coupon_redeemed"}, "steps": [tell, hook],
        "on_failure": {"alert": [bad]}});
    let mut refused = pointers(document.clone());
    refused.sort();
    assert_eq!(refused, ["/on_failure/alert/0", "/steps/0/to/1"]);
    assert!(Definition::read_saved(&document).is_ok(), "a stored document still runs");
}

#[test]
fn step_can_wait_for_the_coupon_of_an_earlier_step() {
    let gift = json!({"id": "gift", "type": "generate_coupon", "coupon": {"name": "Gift",
        "discount": {"type": "percentage", "percent_off": 10}}});
    let goal = |coupon: Value| json!({"id": "used", "type": "goal", "event": "coupon_redeemed", "coupon": coupon});
    let read = |steps: Value| {
        Definition::read(&with_steps(steps)).map(|definition| match &definition.goals().next().unwrap().1 {
            WaitCondition::Event { coupon, .. } => coupon.clone(),
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(read(json!([gift, goal(json!({"step": "gift"}))])), Ok(CouponSelector::Step("gift".to_owned())));
    assert_eq!(read(json!([gift, goal(json!("any"))])), Ok(CouponSelector::Any));
    let pointers = |steps: Value| pointers(with_steps(steps));
    assert_eq!(pointers(json!([goal(json!({"step": "gift"})), gift])), ["/steps/0/coupon/step"]);
    assert_eq!(pointers(json!([gift, goal(json!({"step": "gift", "of": 1}))])), ["/steps/1/coupon/of"]);
    assert_eq!(pointers(json!([gift, goal(json!("gift"))])), ["/steps/1/coupon"]);
    let tag = json!({"id": "gift", "type": "add_tag", "tag": "a"});
    assert_eq!(pointers(json!([tag, goal(json!({"step": "gift"}))])), ["/steps/1/coupon/step"]);
}

#[test]
fn fault_of_a_step_is_not_repeated_for_steps_that_use_its_outputs() {
    let uses = |id: &str, step: &str| {
        json!({"id": id, "type": "notify", "channel": "email", "to": ["team@example.com"], "subject": "s",
            "text": format!("{{{{steps.{step}.code}}}} {{{{steps.{step}.code|upper}}}}")})
    };
    let steps = json!([
        {"id": "gift", "type": "generate_coupon", "coupon": {"name": "Gift"}},
        {"id": "Swap", "type": "replace_with_backup_coupon"},
        {"id": "other", "type": "generate_cupon"},
        uses("one", "gift"),
        uses("two", "Swap"),
        uses("three", "other"),
        uses("four", "nothing"),
        {"id": "used", "type": "goal", "event": "coupon_redeemed", "coupon": {"step": "gift"}},
    ]);
    assert_eq!(
        pointers(with_steps(steps)),
        ["/steps/0/coupon/discount", "/steps/1/id", "/steps/2/type", "/steps/6/text"]
    );
}

#[test]
fn webhook_posts_the_event_a_json_value_or_a_text() {
    let hook = |body: Value| {
        with_steps(json!([{"id": "hook", "type": "webhook", "url": "https://example.com/x", "body": body}]))
    };
    let body = |body: Value| match Definition::read(&hook(body)).unwrap().steps.remove(0).action {
        Action::Webhook(webhook) => webhook.body,
        other => panic!("{other:?}"),
    };
    assert_eq!(body(Value::Null), Body::Event);
    let json = json!({"name": "{{customer.first_name}}", "codes": ["{{coupon.code}}", 1, true, null]});
    assert_eq!(body(json.clone()), Body::Json(json));
    assert_eq!(body(json!("{\"code\": \"{{coupon.code}}\"}")).content_type(), "application/json");
    assert_eq!(body(json!("{{coupon.code}} was used")).content_type(), "text/plain; charset=utf-8");
    let broken = "{\"first_name\": \"{{customer.first_name}}\"}";
    let refused = refused(hook(json!(broken)));
    assert_eq!(refused[0].0, "/steps/0/body");
    assert!(refused[0].1.contains("JSON value") && refused[0].1.contains("|tojson"), "{}", refused[0].1);
    assert!(Definition::read_saved(&hook(json!(broken))).is_ok(), "a stored document still runs");
    let mut faults = pointers(hook(json!({"a": ["{{coupon.cod}}"], "{{coupon.code}}": 1, "b": "{{"})));
    faults.sort();
    assert_eq!(faults, ["/steps/0/body/a/0", "/steps/0/body/b", "/steps/0/body/{{coupon.code}}"]);
    assert_eq!(pointers(hook(json!(5))), ["/steps/0/body"]);
    let many: Vec<String> = (0..201).map(|_| "{{coupon.code}}".to_owned()).collect();
    assert_eq!(pointers(hook(json!(many))), ["/steps/0/body/200"]);
}

#[test]
fn parts_that_are_probably_not_intended_cause_warnings() {
    let warnings = |steps: Value| -> Vec<(String, String)> {
        let reviewed = Definition::review(&with_steps(steps), UrlPolicy::Public).unwrap();
        reviewed.warnings.into_iter().map(|warning| (warning.pointer, warning.detail)).collect()
    };
    let mail = |text: &str| json!([{"id": "mail", "type": "send_email", "subject": "Hi", "text": text}]);
    let lossy = warnings(mail("https://shop.example.com/?email={{customer.email}}"));
    assert_eq!(lossy.len(), 1, "{lossy:?}");
    assert_eq!(lossy[0].0, "/steps/0/text");
    assert!(lossy[0].1.contains("|urlencode}}"), "{}", lossy[0].1);
    let nameless = warnings(mail("Thank you, {{customer.first_name}}"));
    assert!(nameless[0].1.contains("{{customer.first_name|default('…')}}"), "{nameless:?}");
    assert!(warnings(mail("{{customer.first_name|default('Hello')}} {{coupon.code}}")).is_empty());
    let gift = |expires_in: Value| {
        json!([{"id": "gift", "type": "generate_coupon", "expires_in": expires_in,
                "coupon": {"name": "Gift", "discount": {"type": "percentage", "percent_off": 10}}},
            {"id": "mail", "type": "send_email", "subject": "Until {{steps.gift.expires_at|date}}", "text": "t"}])
    };
    assert!(warnings(gift(json!("P1D"))).is_empty());
    assert_eq!(warnings(gift(Value::Null)).len(), 1, "the coupon never expires");
    let body = json!({"last_name": "{{customer.last_name}}", "greeting": "Hi {{customer.last_name}}"});
    let hook = json!([{"id": "hook", "type": "webhook", "url": "https://example.com/x", "body": body}]);
    let pointers: Vec<String> = warnings(hook).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/steps/0/body/greeting"], "a member that is only a field becomes null");
}
