use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::*;
use crate::automation::actions::StepKind;
use crate::automation::workflow::Trigger;
use crate::events::event::{Detail, Event, EventType};
use crate::kernel::instants::ZoneName;
use crate::kernel::locale::Locale;
use crate::purchases::customer::{Customer, Email};

/// The sample `CouponRedeemed` event, with this first name.
fn event(first_name: &str) -> Event {
    let sample = include_str!("../../../../../events/samples/CouponRedeemed.json");
    let mut sample: serde_json::Value = serde_json::from_str(sample).unwrap();
    sample["detail"]["data"]["customer"]["first_name"] = json!(first_name);
    let Detail { metadata, data } = serde_json::from_value(sample["detail"].take()).unwrap();
    Event { kind: EventType::CouponRedeemed, metadata, data }
}

fn context(first_name: &str) -> Context {
    Context::new(&event(first_name), None, &BTreeMap::new(), &Format::default())
}

fn redeemed() -> Scope {
    Scope::of(Trigger::Event(EventType::CouponRedeemed))
}

fn text(source: &str) -> String {
    render(source, OutputKind::Text, &context("Ana")).unwrap()
}

#[test]
fn value_is_escaped_in_html_but_not_in_a_subject() {
    let context = context("<b>&Co");
    let source = "Hi {{customer.first_name}}";
    assert_eq!(render(source, OutputKind::Html, &context).unwrap(), "Hi &lt;b&gt;&amp;Co");
    assert_eq!(render(source, OutputKind::Line, &context).unwrap(), "Hi <b>&Co");
}

#[test]
fn no_template_can_print_an_unescaped_value_in_html() {
    let context = context("<script>");
    for source in [
        "{{customer.first_name|safe}}",
        "{{customer.first_name|e|replace('&lt;', customer.first_name)}}",
        "{{('<b>'|e) ~ customer.first_name}}",
        "{{[('x'|e), customer.first_name]|join(', ')}}",
        "{{customer.first_name|e|reverse|reverse}}",
        "{{('%s'|e)|format(customer.first_name)}}",
        "{% set name %}{{customer.first_name}}{% endset %}{{name}}",
        "{% filter upper %}{{customer.first_name}}{% endfilter %}",
        "{% autoescape false %}{{customer.first_name}}{% endautoescape %}",
        "{% autoescape 'none' %}{% set name %}{{customer.first_name}}{% endset %}{% endautoescape %}{{name}}",
        "{{debug()}}",
    ] {
        let html = render(source, OutputKind::Html, &context).unwrap_or_default().to_lowercase();
        assert!(!html.contains("<script>"), "{source}: {html}");
    }
}

#[test]
fn template_that_could_bypass_escaping_is_rejected_on_save() {
    for source in [
        "{{coupon.name|safe}}",
        "{% autoescape false %}{{coupon.name}}{% endautoescape %}",
        "{% include 'other' %}",
        "{% import 'other' as other %}",
        "{% extends 'other' %}",
        "{% macro m() %}{{coupon.name}}{% endmacro %}{{m()}}",
        "{{debug()}}",
    ] {
        assert!(check(source, &redeemed()).is_err(), "{source}");
    }
}

#[test]
fn line_break_in_a_value_cannot_start_another_header() {
    for break_ in ["\r\n", "\n", "\r", "\u{2028}", "\u{85}", "\u{b}", "\0"] {
        let context = context(&format!("Ana{break_}Bcc: x@example.com"));
        let line = render("Hi {{customer.first_name}}", OutputKind::Line, &context).unwrap();
        assert_eq!(line, format!("Hi Ana{}Bcc: x@example.com", " ".repeat(break_.chars().count())));
    }
}

#[test]
fn rendering_without_a_needed_value_fails_and_names_the_field() {
    let missing = |source: &str| match render(source, OutputKind::Text, &context("Ana")) {
        Err(TemplateError::Missing(field)) => field,
        other => panic!("{source}: {other:?}"),
    };
    assert_eq!(missing("Hi {{customer.last_name}}!"), "customer.last_name");
    assert_eq!(missing("{{rejection.code}}"), "rejection.code");
    assert_eq!(missing("{{steps.later.code}}"), "steps.later.code");
    assert_eq!(missing("{{customer.last_name|upper}}"), "customer.last_name");
    assert_eq!(missing("{{'Dear ' ~ customer.last_name}}"), "customer.last_name");
    assert_eq!(missing("{{steps.later.expires_at|date('long')}}"), "steps.later.expires_at");
    assert_eq!(missing("{{rejection.sum|money}}"), "rejection.sum");
    assert_eq!(missing("{{customer.last_name|urlencode}}"), "customer.last_name");
}

#[test]
fn missing_value_can_have_a_default_or_be_tested_by_a_condition() {
    assert_eq!(text("Hi {{customer.last_name|default('you')}}"), "Hi you");
    assert_eq!(text("{{steps.later.code|default('none')}} {{rejection.code|d('-')}}"), "none -");
    assert_eq!(text("{% if steps.later.code %}{{steps.later.code}}{% else %}No code{% endif %}"), "No code");
    assert_eq!(text("{% if rejection %}rejected{% endif %}{{customer.last_name or 'you'}}"), "you");
    assert_eq!(text("{{customer.last_name|tojson}}"), "null");
}

#[test]
fn step_output_that_is_null_counts_as_missing() {
    let outputs = BTreeMap::from([("gift".to_owned(), Map::from_iter([("expires_at".to_owned(), json!(null))]))]);
    let context = Context::new(&event("Ana"), None, &outputs, &Format::default());
    let rendered = render("{{steps.gift.expires_at}}", OutputKind::Text, &context);
    assert_eq!(rendered, Err(TemplateError::Missing("steps.gift.expires_at".to_owned())));
}

#[test]
fn urlencode_and_tojson_encode_their_value() {
    assert_eq!(text("?email={{'ana+x@example.com'|urlencode}}"), "?email=ana%2Bx%40example.com");
    assert_eq!(text("{{'Zoë & co'|urlencode}}"), "Zo%C3%AB%20%26%20co");
    assert_eq!(
        text("{{'\"a\" \\\\ b'|tojson}} {{order.total|tojson}}"),
        "\"\\\"a\\\" \\\\ b\" {\"amount\":3920,\"currency\":\"USD\"}"
    );
    assert_eq!(text("{{order.total.amount}} {{order.total.currency}}"), "3920 USD");
    let html =
        render("<a title=\"{{customer.first_name|tojson}}\">", OutputKind::Html, &context("\"><script>")).unwrap();
    assert!(!html.contains("<script>") && !html.contains("\"\\\""), "{html}");
}

#[test]
fn rendering_beyond_the_fuel_or_output_limit_fails() {
    for source in [
        "{% for a in range(9000) %}{% for b in range(9000) %}x{% endfor %}{% endfor %}",
        "{% set x = 'x' * 1000 %}{% for a in range(9000) %}{{x}}{% endfor %}",
        "{{'x' * 100000000}}",
    ] {
        assert!(render(source, OutputKind::Text, &context("Ana")).is_err(), "{source}");
    }
    let long = |bytes: usize| render(&format!("{{{{'x' * {bytes}}}}}"), OutputKind::Text, &context("Ana"));
    assert_eq!(long(MAX_OUTPUT).map(|text| text.len()), Ok(MAX_OUTPUT));
    assert_eq!(long(MAX_OUTPUT + 1), Err(TemplateError::TooLong { length: MAX_OUTPUT + 1, most: MAX_OUTPUT }));
}

#[test]
fn amounts_and_instants_print_plain_or_for_a_locale_and_zone() {
    assert_eq!(text("{{order.total}} {{coupon.value}}"), "39.20 USD 20%");
    assert_eq!(text("{{order.total|money}} {{coupon.value|money}}"), "$39.20 20%");
    assert_eq!(text("{{order.total|money(locale='de-DE')}}"), "39,20\u{a0}$");
    assert_eq!(text("{{coupon.expires_at}}"), "2026-12-31T23:59:59Z");
    assert_eq!(
        text("{{coupon.expires_at|date}}, {{coupon.expires_at|date('long')}}"),
        "Dec 31, 2026, December 31, 2026"
    );
    assert_eq!(text("{{coupon.expires_at|datetime('short', locale='de', zone='Asia/Tokyo')}}"), "01.01.27, 08:59");
    assert_eq!(text("{{coupon.expires_at|time(locale='en-GB')}}"), "23:59");
    let format = Format { locale: Locale::parse("de-DE").unwrap(), zone: ZoneName::parse("Europe/Berlin").unwrap() };
    let context = Context::new(&event("Ana"), None, &BTreeMap::new(), &format);
    let rendered = render("{{coupon.expires_at|date('long')}}: {{order.total|money}}", OutputKind::Text, &context);
    assert_eq!(rendered.unwrap(), "1. Januar 2027: 39,20\u{a0}$");
}

#[test]
fn given_customer_replaces_the_customer_of_the_event() {
    let customer = Customer {
        email: Some(Email::parse("bo@example.com").unwrap()),
        id: None,
        first_name: Some("Bo".into()),
        last_name: None,
        verified: true,
    };
    let outputs = BTreeMap::from([("bonus".to_owned(), Map::from_iter([("code".to_owned(), json!("B-1"))]))]);
    let context = Context::new(&event("Ana"), Some(&customer), &outputs, &Format::default());
    let source = "{{customer.first_name}} {{customer.id|default('-')}} {{steps.bonus.code}}";
    let rendered = render(source, OutputKind::Text, &context);
    assert_eq!(rendered.unwrap(), "Bo - B-1");
}

#[test]
fn unknown_fields_and_bad_syntax_are_rejected_on_save() {
    let redeemed = redeemed();
    let expired = Scope::of(Trigger::Event(EventType::CouponExpired));
    assert_eq!(check("{{order.total}} {{redemption.redemption_number}}", &redeemed), Ok(()));
    assert!(
        matches!(check("{{order.total}}", &expired), Err(TemplateError::UnknownField { field, .. }) if field == "order.total")
    );
    assert!(matches!(check("{{coupon.cod}}", &redeemed), Err(TemplateError::UnknownField { .. })));
    assert!(matches!(check("{{coupon", &redeemed), Err(TemplateError::Invalid { .. })));
}

#[test]
fn unknown_filters_tests_functions_and_arguments_are_rejected_on_save() {
    let mut scope = redeemed();
    scope.add_step("swap", StepKind::ExtendCoupon.properties().outputs);
    for bad in [
        "{{coupon.code|uper}}",
        "{{steps.swap.code|uper}}",
        "{% if coupon.limit %}{{coupon.limit|uper}}{% else %}none{% endif %}",
        "{% if coupon.limit %}limited{% else %}{{coupon.code|uper}}{% endif %}",
        "{% if coupon.limit is evn %}x{% endif %}",
        "{% for i in rnge(3) %}{{i}}{% endfor %}",
        "{{customer.first_name.upper()}}",
        "{{order.total|money(locale='xx-YY')}}",
        "{{order.total|money('de-DE')}}",
        "{{order.total|money(zone2='UTC')}}",
        "{{coupon.code|money}}",
        "{{coupon.code|date}}",
        "{{coupon.expires_at|date('longest')}}",
        "{{coupon.expires_at|date(zone='Mars/Olympus')}}",
        "{{coupon.expires_at|time(local='de')}}",
        "{% if not coupon.expires_at %}{{coupon.expires_at|date(locale='xx')}}{% endif %}",
    ] {
        assert!(check(bad, &scope).is_err(), "{bad}");
    }
    for good in [
        "{{coupon.code|upper}} {{coupon.limit|default('any')}} {% for part in coupon.name|list %}{{part}}{% endfor %}",
        "{{coupon.name|int}} {{order.total|round}} {{customer.id|float + 1}}",
        "{% if coupon.remaining is even %}{{coupon.remaining - 1}}{% endif %}",
        "{{order.total|money(locale='de-DE')}} {{coupon.value|money}}",
        "{{coupon.expires_at|date('long', locale='de', zone='Europe/Berlin')}} {{steps.swap.expires_at|datetime}}",
    ] {
        assert_eq!(check(good, &scope), Ok(()), "{good}");
    }
}

#[test]
fn error_of_an_invalid_template_names_the_line_and_a_remedy() {
    let refusal = |source: &str| render(source, OutputKind::Html, &context("Ana")).unwrap_err().to_string();
    assert_eq!(
        refusal("Hi\n{{order.total|currency}}"),
        "is not a valid template: filter currency is unknown on line 2; to format amounts and instants, use money, date, \
         datetime or time; GET /v1/triggers lists all filters"
    );
    let unfinished = refusal("{{order.total");
    assert!(unfinished.ends_with("on line 1") && !unfinished.contains("body."), "{unfinished}");
}
