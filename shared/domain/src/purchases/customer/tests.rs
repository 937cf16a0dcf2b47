use super::*;

#[test]
fn address_with_second_recipient_or_header_is_rejected() {
    for bad in ["", "ana", "ana@", "Ana <ana@example.com>", "a@example.com,b@example.com", "a@example.com\nBcc: b@c.de"]
    {
        assert_eq!(Email::parse(bad), Err(InvalidEmail::Malformed), "{bad:?}");
    }
}

fn keys(email: &str) -> Vec<String> {
    let email = Some(Email::parse(email).unwrap());
    Customer { email, id: None, first_name: None, last_name: None, verified: true }.identity_keys()
}

#[test]
fn spellings_of_one_address_are_one_customer() {
    assert_eq!(keys("Ana@Example.com"), keys("ana@example.com"));
    let spellings = [
        "ana@m\u{fc}nchen.example",
        "ana@mu\u{308}nchen.example",
        "Ana@M\u{dc}NCHEN.Example",
        "ana@xn--mnchen-3ya.example",
        "ana@XN--MNCHEN-3YA.example",
    ];
    for spelling in spellings {
        assert_eq!(keys(spelling), keys("ana@xn--mnchen-3ya.example"), "{spelling}");
        assert_eq!(Email::parse(spelling).unwrap().as_str(), spelling, "displayed in its original spelling");
        let deliverable = Email::parse(spelling).unwrap().deliverable();
        assert!(deliverable.is_ascii() && deliverable.ends_with("@xn--mnchen-3ya.example"), "{deliverable}");
    }
    assert_eq!(keys("jos\u{e9}@example.com"), keys("jose\u{301}@Example.com"));
    assert_ne!(keys("ana@munchen.example"), keys("ana@m\u{fc}nchen.example"));
}

#[test]
fn keys_stored_by_earlier_versions_remain_valid() {
    assert_eq!(keys("Ana@Example.com"), ["YP1E08MCT3RYC3B4"], "an ASCII address keeps its single key");
    let by_unicode = key80(&["email", "ana@m\u{fc}nchen.example"]);
    assert_eq!(keys("ana@xn--mnchen-3ya.example")[1..], [by_unicode], "earlier redemptions still count");
}

#[test]
fn address_with_invalid_domain_is_rejected() {
    for good in
        ["ana@stra\u{df}e.example", "ana@\u{65e5}\u{672c}.example", "ana+x@example.co.uk", "ana@my_host.example"]
    {
        assert!(Email::parse(good).is_ok(), "{good}");
    }
    let long = format!("ana@{}.example", "a".repeat(64));
    for bad in ["ana@exa mple.com", "ana@-.example", "ana@example\u{ff1e}.com", "ana@a\u{ff0c}b.example", long.as_str()]
    {
        assert_eq!(Email::parse(bad), Err(InvalidEmail::Malformed), "{bad}");
    }
}

#[test]
fn invisible_characters_are_removed_from_the_domain_and_rejected_before_it() {
    for stated in ["\u{200b}ana@example.com", "ana@exam\u{200b}ple.com\u{feff}", "ana@ex\u{ad}ample.com\u{2060} "] {
        assert_eq!(Email::parse_stated(stated).unwrap().as_str(), "ana@example.com", "{stated:?}");
    }
    for bad in ["a\u{200b}na@example.com", "ana\u{feff}@example.com", "a\u{200d}na@example.com"] {
        assert_eq!(Email::parse_stated(bad), Err(InvalidEmail::Invisible), "{bad:?}");
    }
    for good in ["Jos\u{e9}+x@M\u{dc}NCHEN.Example", "ana@my_host.example", "ana@xn--mnchen-3ya.example"] {
        assert_eq!(Email::parse_stated(good).unwrap().as_str(), good, "kept as it is written");
    }
    let stored = "ana@exam\u{200b}ple.com";
    assert_eq!(Email::parse(stored).unwrap().as_str(), stored, "an address of an earlier version is still read");
}

#[test]
fn requested_address_with_domain_that_uts_46_does_not_allow_is_rejected() {
    for bad in ["ana@xn--99999.example", "ana@a.xn--0.example"] {
        assert_eq!(Email::parse_stated(bad), Err(InvalidEmail::InvalidDomain), "{bad:?}");
        assert_eq!(Email::parse(bad).unwrap().as_str(), bad, "an address of an earlier version is still read");
    }
    assert!(Email::parse_stated("ana@xn--zzzzz.example").is_ok(), "the Punycode of two Han characters");
    assert_eq!(Email::parse_stated("ana"), Err(InvalidEmail::Malformed));
    assert!(InvalidEmail::InvalidDomain.to_string().contains("xn--"));
}

#[test]
fn names_in_messages_are_short_and_hold_no_link() {
    let shop = Customer {
        email: None,
        id: Some("shop.example/7".into()),
        first_name: Some("Pay at evil.example".into()),
        last_name: Some("x".repeat(41).into()),
        verified: true,
    };
    let shown = shop.clone().for_messages();
    assert_eq!(shown.first_name.as_deref(), Some("Pay at evil. example"));
    assert_eq!(shown.last_name, Some(format!("{}…", "x".repeat(40)).into()));
    assert_eq!(shown.id, shop.id, "the shop's own ids stay as they are");
    assert_eq!(shop.unverified().for_messages().id.as_deref(), Some("shop. example 7"));
}
