use super::*;
use serde_json::json;

fn event(kind: &str, name: &str, what: Value) -> Value {
    json!({"version": "0", "id": "1", "source": "aws.ses", "account": "123456789012", "region": "eu-central-1",
        "time": "2026-11-22T15:00:09Z", "resources": [], "detail-type": kind, "detail": {
            "eventType": name,
            "mail": {"timestamp": "2026-11-22T15:00:00.000Z", "messageId": "m", "source": "shop@example.com",
                "destination": ["Ana@example.com"], "tags": {
                    "ses:configuration-set": ["couponflow"], "couponflow-tenant": ["demo"],
                    "couponflow-execution": ["exe_01KAP2V7E8QJ6D0Y4T3M5N9R1C"], "couponflow-step": ["welcome"]}},
            name: what}})
}

fn bounce(kind: &str, recipient: &str) -> Value {
    event(
        "Email Bounced",
        "bounce",
        json!({"bounceType": kind, "bounceSubType": "General",
        "timestamp": "2026-11-22T15:00:05.000Z", "feedbackId": "f", "bouncedRecipients": [{"emailAddress": recipient,
            "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 ana@example.com unknown"}]}),
    )
}

fn complaint(more: Value) -> Value {
    let mut what = json!({"complainedRecipients": [{"emailAddress": "ana@example.com"}], "feedbackId": "f",
        "timestamp": "2026-11-22T15:00:05.000Z"});
    what.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event("Email Complaint Received", "complaint", what)
}

#[test]
fn report_identifies_the_step_that_sent_the_email() {
    let read = MailEvent::read(&bounce("Permanent", "ana@example.com")).unwrap();
    let at = "2026-11-22T15:00:05Z".parse().unwrap();
    assert_eq!((read.tenant_id.as_str(), read.step_id.as_str(), read.at), ("demo", "welcome", at));
    assert_eq!(read.execution_id.as_str(), "exe_01KAP2V7E8QJ6D0Y4T3M5N9R1C");
    assert_eq!(read.detail.as_deref(), Some("Permanent, General"), "the detail contains no address");
}

#[test]
fn only_permanent_bounces_and_complaints_suppress() {
    let delivered = json!({"timestamp": "2026-11-22T15:00:05.000Z", "processingTimeMillis": 5,
        "recipients": ["ana@example.com"], "smtpResponse": "250 ok", "reportingMTA": "a.example"});
    let delayed = json!({"timestamp": "2026-11-22T15:00:05.000Z", "delayType": "MailboxFull",
        "expirationTime": "2026-11-23T15:00:05.000Z",
        "delayedRecipients": [{"emailAddress": "ana@example.com", "status": "4.2.2"}]});
    for (event, kind, reason) in [
        (bounce("Permanent", "ana@example.com"), MailEventKind::Bounced, Some(SuppressionReason::Bounced)),
        (bounce("Transient", "ana@example.com"), MailEventKind::BouncedTemporarily, None),
        (bounce("Undetermined", "ana@example.com"), MailEventKind::BouncedTemporarily, None),
        (complaint(json!({})), MailEventKind::Complained, Some(SuppressionReason::Complained)),
        (complaint(json!({"complaintFeedbackType": "not-spam"})), MailEventKind::Delivered, None),
        (event("Email Delivered", "delivery", delivered), MailEventKind::Delivered, None),
        (event("Email Delivery Delayed", "deliveryDelay", delayed), MailEventKind::Delayed, None),
        (event("Email Rejected", "reject", json!({"reason": "Bad content"})), MailEventKind::Rejected, None),
        (event("Email Rendering Failed", "failure", json!({})), MailEventKind::RenderingFailed, None),
    ] {
        let read = MailEvent::read(&event).unwrap();
        assert_eq!((read.kind, read.suppresses()), (kind, reason));
        assert_eq!(read.withdraws_consent(), kind == MailEventKind::Complained);
        assert_eq!(read.recipients, [Email::parse("Ana@example.com").unwrap()], "{kind:?}");
    }
}

#[test]
fn bounce_of_a_forwarded_email_is_attributed_to_its_recipient() {
    let read = |event: &Value| MailEvent::read(event).unwrap().recipients;
    let mut forwarded = bounce("Permanent", "someone.else@example.org");
    assert_eq!(read(&forwarded), [Email::parse("Ana@example.com").unwrap()]);
    forwarded["detail"]["mail"]["destination"] = json!(["ana@example.com", "bo@example.com"]);
    assert_eq!(read(&forwarded), [], "the report does not say which of the two recipients forwarded the e-mail");
    forwarded["detail"]["bounce"]["bouncedRecipients"][0]["emailAddress"] = json!("BO@example.com");
    assert_eq!(read(&forwarded), [Email::parse("bo@example.com").unwrap()]);
}

#[test]
fn malformed_or_foreign_event_is_rejected_without_personal_data() {
    let damaged = |pointer: &str, value: Value| {
        let mut event = bounce("Permanent", "ana@example.com");
        *event.pointer_mut(pointer).unwrap() = value;
        MailEvent::read(&event).unwrap_err().to_string()
    };
    let tags = damaged("/detail/mail/tags", json!({}));
    let tenant = damaged("/detail/mail/tags/couponflow-tenant", json!(["#"]));
    let execution = damaged("/detail/mail/tags/couponflow-execution", json!("exe_01KAP2V7E8QJ6D0Y4T3M5N9R1C"));
    assert!(tags.ends_with("couponflow-tenant") && tenant == tags, "{tags}");
    assert!(execution.ends_with("couponflow-execution"), "{execution}");
    for (pointer, value) in [("/detail-type", json!("Email Sent")), ("/detail/bounce", json!({})), ("/time", json!(5))]
    {
        assert!(!damaged(pointer, value).contains("ana"));
    }
}

#[test]
fn every_listed_detail_type_is_read() {
    for kind in DETAIL_TYPES {
        let what = json!({"time": "2026-11-22T15:00:09Z", "detail-type": kind, "detail": {}});
        let of_unknown_kind = json!({"time": "2026-11-22T15:00:09Z", "detail-type": "?", "detail": {}});
        let fault = |event: &Value| Envelope::deserialize(event).err().unwrap().to_string();
        assert!(fault(&of_unknown_kind).contains(kind) && fault(&what).contains("missing field"), "{kind}");
    }
}
