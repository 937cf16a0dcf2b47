use super::*;
use crate::kernel::input;
use crate::tenants::tenant::TenantId;
use serde_json::{Value, json};

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap()
}

fn details(document: Value) -> Result<ContactDetails, Vec<String>> {
    input::read(&document, ContactDetails::read).map_err(pointers)
}

fn pointers(errors: Errors) -> Vec<String> {
    errors.into_iter().map(|error| error.pointer).collect()
}

fn contact(document: Value) -> Contact {
    Contact::new(details(document).unwrap(), at(0), [7; 10]).unwrap()
}

#[test]
fn every_invalid_field_of_a_contact_is_reported() {
    let bad = json!({"email": "ana", "first_name": "", "tags": ["a\nb"], "lists": "vip", "time_zone": "Mars",
        "locale": "d", "consent": {"email": "yes", "by": "phone"}, "listening": []});
    let mut found = details(bad).unwrap_err();
    found.sort_unstable();
    let places = ["/consent/by", "/consent/email", "/email", "/first_name", "/listening", "/lists", "/locale"];
    assert_eq!(found, [&places[..], &["/tags/0", "/time_zone"]].concat());
    assert_eq!(details(json!({"first_name": "Ana"})).unwrap_err(), [""], "neither email nor customer_id");
}

#[test]
fn tag_keeps_its_first_spelling() {
    let of = |tags: &[&str]| details(json!({"customer_id": "c", "tags": tags})).unwrap();
    let tags = |contact: &Contact| contact.tags.iter().map(ToString::to_string).collect::<Vec<_>>();
    let first = Contact::new(of(&[" Vip ", "VIP", "new"]), at(0), [7; 10]).unwrap();
    assert_eq!(tags(&first), ["new", "Vip"]);
    let edited = first.edited(of(&["vip", "Other"]), at(1)).unwrap();
    assert_eq!(tags(&edited), ["Other", "Vip"]);
    let changes = [SetChange::AddTag("OTHER".into()), SetChange::RemoveTag("NEW".into())];
    assert_eq!(first.set_changes(&edited), changes);
    assert_eq!(tags(&edited.clone().with(&SetChange::AddTag("VIP".into()))), ["Other", "Vip"]);
    assert_eq!(tags(&edited.with(&SetChange::RemoveTag(" vip".into()))), ["Other"]);
    assert_eq!(details(json!({"customer_id": "c", "tags": ["a", "  "]})).unwrap_err(), ["/tags/1"]);
}

#[test]
fn contact_supplies_missing_customer_data_and_operator_names_take_precedence() {
    let ana = contact(json!({"email": "ana@example.com", "customer_id": "cust_1", "first_name": "Ana"}));
    let named = Customer {
        email: Some(Email::parse("ANA@example.com").unwrap()),
        id: None,
        first_name: Some("Anna".into()),
        last_name: Some("Silva".into()),
        verified: true,
    };
    let person = ana.merge_customer(Some(&named));
    assert_eq!((&person.email, person.id.as_deref()), (&named.email, Some("cust_1")));
    assert_eq!((person.first_name.as_deref(), person.last_name.as_deref()), (Some("Ana"), Some("Silva")));
    assert_eq!(ana.merge_customer(None), ana.customer());
    let claimed = Contact { claimed: UnverifiedNames { first_name: true, last_name: false }, ..ana.clone() };
    assert_eq!(
        claimed.merge_customer(Some(&named)).first_name.as_deref(),
        Some("Anna"),
        "a name from a later purchase replaces a name from a purchase"
    );
    let edited = |first_name: &str| {
        let document = json!({"email": "ana@example.com", "customer_id": "cust_1", "first_name": first_name});
        claimed.edited(details(document).unwrap(), at(1)).unwrap().claimed.first_name
    };
    assert_eq!([edited("Ana"), edited("Anita")], [true, false], "an edit that changes the name makes it verified");
}

#[test]
fn locale_must_have_the_form_of_a_language_tag() {
    let of = |locale: &str| details(json!({"customer_id": "c", "locale": locale})).is_ok();
    for good in ["de", "de-CH", "zh-Hant-TW", "es-419", "sl-rozaj-biske-1994"] {
        assert!(of(good), "{good}");
    }
    for bad in ["", "d", "de_CH", "de-", "-de", "1de", "de-toolongpart", &["de"; 13].join("-")] {
        assert!(!of(bad), "{bad}");
    }
}

#[test]
fn edit_that_changes_identity_is_rejected() {
    let edited = |before: Value, after: Value| {
        contact(before).edited(details(after).unwrap(), at(1)).map(|contact| contact.version.get()).map_err(pointers)
    };
    let by_email = json!({"email": "ana@example.com", "customer_id": "cust_1"});
    let by_id = json!({"customer_id": "cust_1"});
    let email = Err(vec!["/email".to_owned()]);
    assert_eq!(edited(by_email.clone(), json!({"email": "Ana@Example.com", "customer_id": "cust_2"})), Ok(2));
    assert_eq!(edited(by_email.clone(), json!({"email": "bo@example.com"})), email);
    assert_eq!(edited(by_email.clone(), by_id.clone()), email);
    assert_eq!(edited(by_id.clone(), by_email), email);
    assert_eq!(edited(by_id, json!({"customer_id": "cust_2"})), Err(vec!["/customer_id".to_owned()]));
}

#[test]
fn consent_time_changes_only_with_a_new_statement() {
    let said = |consent: Value| json!({"customer_id": "c", "consent": consent});
    let first = contact(said(json!({"email": "granted", "source": "form"})));
    assert_eq!(first.consent.changed_at, Some(at(0)));
    let edited = |consent: Value| first.edited(details(said(consent)).unwrap(), at(5)).unwrap().consent;
    assert_eq!(edited(json!({"email": "granted", "source": "form"})), first.consent);
    let withdrawn = Consent { email: ConsentState::Withdrawn, changed_at: Some(at(5)), source: None };
    assert_eq!(edited(json!({"email": "withdrawn"})), withdrawn);
    assert_eq!(contact(json!({"customer_id": "c"})).consent, Consent::default());
}

#[test]
fn edit_with_more_set_changes_than_the_limit_is_rejected() {
    let tagged = |number: usize| {
        let tags: Vec<String> = (0..number).map(|i| format!("tag {i}")).collect();
        details(json!({"customer_id": "c", "tags": tags, "lists": ["vip"]})).unwrap()
    };
    let full = Contact::new(tagged(MAX_SET_CHANGES - 1), at(0), [7; 10]).unwrap();
    assert_eq!(pointers(Contact::new(tagged(MAX_SET_CHANGES), at(0), [7; 10]).unwrap_err()), ["/tags"]);
    let more = full.edited(tagged(2 * MAX_SET_CHANGES - 1), at(1)).unwrap();
    assert_eq!(full.set_changes(&more).len(), MAX_SET_CHANGES);
    assert_eq!(more.set_changes(&full)[0], SetChange::RemoveTag("tag 44".into()));
    assert_eq!(pointers(full.edited(tagged(2 * MAX_SET_CHANGES), at(1)).unwrap_err()), ["/tags"]);
}

#[test]
fn unsubscribe_link_identifies_contact_without_personal_data() {
    let ana = contact(json!({"email": "ana@example.com"}));
    let tenant = TenantId::parse("my-shop").unwrap();
    let url = unsubscribe_url("https://shop.example/", &tenant, &ana);
    let text = url.strip_prefix("https://shop.example/v1/unsubscribe/").unwrap();
    assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)) && !text.contains("ana"), "{text}");
    let link = UnsubscribeLink::parse(text).unwrap();
    assert_eq!((&link.tenant, link.contact_key.as_str()), (&tenant, ana.id.key()));
    assert!(link.token.matches(&ana.unsubscribe_token));
    assert!(!link.token.matches(&UnsubscribeToken::new([8; 10])));
    assert!(!format!("{ana:?}").contains(ana.unsubscribe_token.as_str()), "Debug output must not contain the token");
    let (short, long, other) = (&text[..text.len() - 1], format!("{text}.x"), text.replace("my-shop", "My-shop"));
    for bad in ["", "my-shop", "..", short, &long, &other, &text.to_lowercase()] {
        assert_eq!(UnsubscribeLink::parse(bad), None, "{bad}");
    }
}
