//! Fields of the forms for steps and settings: what a person enters, and the members that result.

use couponflow_domain::automation::actions::StepKind;

/// How the text of a field becomes a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum How {
    /// One line of text.
    Line,
    /// Text of several lines.
    Area,
    Number,
    /// A duration in words, such as `2 days`.
    Span,
    Flag,
    /// Texts between commas or line breaks.
    List,
    /// One of these values, each with a label.
    Choice(&'static [(&'static str, &'static str)]),
    /// Event that a step can await.
    Event,
    /// The coupon that an awaited event must be about.
    AwaitedCoupon,
    /// Workflow of the tenant.
    Workflow,
    /// A percentage or an amount.
    Discount,
    /// JSON, or a text.
    Json,
    /// `stop`, `continue`, or the addresses to alert.
    FailurePolicy,
}

/// Field of a form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) how: How,
    /// Pointer to the member, from the step or the document. One element, for `Field::new`.
    pub(super) pointer: &'static [&'static str],
}

const fn entry(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    how: How,
    pointer: &'static [&'static str],
) -> Entry {
    Entry { name, label, hint, how, pointer }
}

const TEMPLATE_HINT: &str = "Can contain merge fields, which are listed below.";
const SPAN_HINT: &str = "Such as 30 minutes, 1 hour or 2 days.";

const TAG: Entry = entry("tag", "Tag", "1 to 100 characters. Case is ignored.", How::Line, &["/tag"]);
const LIST: Entry = entry("list", "List", "1 to 100 characters. Case is ignored.", How::Line, &["/list"]);
const COUPON: Entry = entry(
    "coupon_id",
    "Coupon’s id",
    "Empty for the coupon of the event that started the workflow.",
    How::Line,
    &["/coupon_id"],
);
const URL: Entry = entry("url", "Address", "A public address that starts with https://.", How::Line, &["/url"]);
const SUBJECT: Entry = entry("subject", "Subject", TEMPLATE_HINT, How::Line, &["/subject"]);
const TEXT: Entry = entry("text", "Text", TEMPLATE_HINT, How::Area, &["/text"]);
const EVENT: Entry = entry("event", "Event to wait for", "", How::Event, &["/event"]);
const AWAITED_COUPON: Entry =
    entry("coupon", "Coupon that the event must be about", "", How::AwaitedCoupon, &["/coupon", "/coupon/step"]);
const AWAITED_TAG: Entry = entry("tag", "Tag", "For “tag added” and “tag removed” only.", How::Line, &["/tag"]);
const AWAITED_LIST: Entry = entry("list", "List", "For “list joined” and “list left” only.", How::Line, &["/list"]);

const CHANNELS: How = How::Choice(&[("email", "E-mail"), ("slack", "Slack"), ("sns", "Amazon SNS")]);
const AUDIENCES: How = How::Choice(&[
    ("applied_not_redeemed", "Applied the coupon, but did not redeem it"),
    ("redeemed", "Redeemed the coupon"),
    ("list", "On a list"),
    ("tag", "With a tag"),
]);
const GOAL_POLICIES: How = How::Choice(&[("", "Continue"), ("wait", "Wait for at most a year"), ("end", "End")]);

/// Returns the fields of a type of step.
pub(super) fn of_step(kind: StepKind) -> &'static [Entry] {
    match kind {
        StepKind::AddTag | StepKind::RemoveTag => const { &[TAG] },
        StepKind::AddToList | StepKind::RemoveFromList => const { &[LIST] },
        StepKind::SendEmail => {
            const {
                &[
                    SUBJECT,
                    TEXT,
                    entry(
                        "html",
                        "HTML",
                        "Sent instead of the text where the reader shows HTML.",
                        How::Area,
                        &["/html"],
                    ),
                    entry(
                        "to_unverified",
                        "Also send to customers that only the storefront has named",
                        "Anyone can name any address in a storefront.",
                        How::Flag,
                        &["/to_unverified"],
                    ),
                ]
            }
        }
        StepKind::Notify => {
            const {
                &[
                    entry("channel", "Channel", "", CHANNELS, &["/channel"]),
                    entry("to", "E-mail addresses", "For e-mail. Separate addresses by commas.", How::List, &["/to"]),
                    entry("url", "Address of the webhook", "For Slack. Starts with https://.", How::Line, &["/url"]),
                    entry("topic_arn", "ARN of the topic", "For Amazon SNS.", How::Line, &["/topic_arn"]),
                    entry("subject", "Subject", "For e-mail and Amazon SNS.", How::Line, &["/subject"]),
                    TEXT,
                ]
            }
        }
        StepKind::Webhook => {
            const {
                &[
                    URL,
                    entry(
                        "body",
                        "Body",
                        "JSON or text with merge fields. Empty: the event, as published on the bus.",
                        How::Json,
                        &["/body"],
                    ),
                ]
            }
        }
        StepKind::PauseCoupon | StepKind::ReplaceWithBackupCoupon => const { &[COUPON] },
        StepKind::GenerateCoupon => {
            const {
                &[
                    entry("coupon_name", "Name of the coupon", "", How::Line, &["/coupon/name"]),
                    entry("discount", "Discount", "Such as 20 % or 5.00 USD.", How::Discount, &["/coupon/discount"]),
                    entry("prefix", "Prefix of the code", "Letters and digits. Optional.", How::Line, &["/prefix"]),
                    entry("expires_in", "Valid for", SPAN_HINT, How::Span, &["/expires_in"]),
                    entry(
                        "only_for_contact",
                        "Only the contact can redeem the coupon",
                        "",
                        How::Flag,
                        &["/only_for_contact"],
                    ),
                ]
            }
        }
        StepKind::ExtendCoupon => const { &[entry("by", "Time to add", SPAN_HINT, How::Span, &["/by"]), COUPON] },
        StepKind::RaiseLimit => const { &[entry("by", "Redemptions to add", "", How::Number, &["/by"]), COUPON] },
        StepKind::StartWorkflow => {
            const { &[entry("workflow_id", "Workflow to start", "", How::Workflow, &["/workflow_id"])] }
        }
        StepKind::Wait => {
            const {
                &[
                    entry("for", "Wait for", "Such as 30 minutes or 2 days.", How::Span, &["/for"]),
                    entry(
                        "until",
                        "Or wait until",
                        "An instant such as 2036-12-01T08:00:00Z, or a merge field such as {{coupon.expires_at}}.",
                        How::Line,
                        &["/until"],
                    ),
                    entry("before", "How long before this instant", SPAN_HINT, How::Span, &["/before"]),
                    entry(
                        "time_zone",
                        "Time zone of the instant",
                        "Such as Europe/Berlin.",
                        How::Line,
                        &["/time_zone"],
                    ),
                    entry("from", "Or wait until this time of day", "Such as 09:00.", How::Line, &["/window/from"]),
                    entry("to", "End of the time window", "Such as 18:00.", How::Line, &["/window/to"]),
                    entry("days", "Days", "Such as monday, friday. Empty: every day.", How::List, &["/window/days"]),
                    entry(
                        "window_time_zone",
                        "Time zone of the time window",
                        "Empty: the contact’s time zone.",
                        How::Line,
                        &["/window/time_zone"],
                    ),
                ]
            }
        }
        StepKind::WaitForEvent => {
            const {
                &[
                    EVENT,
                    AWAITED_COUPON,
                    AWAITED_TAG,
                    AWAITED_LIST,
                    entry("timeout", "Wait at most", SPAN_HINT, How::Span, &["/timeout"]),
                ]
            }
        }
        StepKind::Goal => {
            const {
                &[
                    EVENT,
                    AWAITED_COUPON,
                    AWAITED_TAG,
                    AWAITED_LIST,
                    entry(
                        "if_not_met",
                        "If the execution gets here before the event",
                        "",
                        GOAL_POLICIES,
                        &["/if_not_met"],
                    ),
                ]
            }
        }
        StepKind::ForEachContact => {
            const {
                &[
                    entry("audience", "Contacts", "", AUDIENCES, &["/audience/type"]),
                    entry("audience_list", "List", "For contacts on a list.", How::Line, &["/audience/list"]),
                    entry("audience_tag", "Tag", "For contacts with a tag.", How::Line, &["/audience/tag"]),
                    entry(
                        "audience_coupon_id",
                        "Coupon’s id",
                        "For contacts of a coupon. Empty: the coupon of the event.",
                        How::Line,
                        &["/audience/coupon_id"],
                    ),
                ]
            }
        }
        StepKind::StopWorkflow => {
            const { &[entry("workflow_id", "Workflow to stop", "Default: this workflow.", How::Workflow, &["/workflow_id"])] }
        }
        StepKind::Branch | StepKind::RandomSplit | StepKind::Alert => &[],
    }
}

/// Fields of the name and the settings of a workflow.
pub(super) const SETTINGS: &[Entry] = &[
    entry("name", "Name", "", How::Line, &["/name"]),
    entry("re_entry", "A contact can run through the workflow more than once", "", How::Flag, &["/re_entry"]),
    entry(
        "max_executions_per_contact_and_hour",
        "Executions per contact and hour",
        "Empty: no limit.",
        How::Number,
        &["/max_executions_per_contact_and_hour"],
    ),
    entry("stop_on_redemption", "Stop when the contact redeems the coupon", "", How::Flag, &["/stop_on_redemption"]),
    entry(
        "opt_in_required",
        "Send e-mails only to contacts who have granted consent",
        "",
        How::Flag,
        &["/opt_in_required"],
    ),
    entry(
        "on_failure",
        "When a step fails",
        "stop, continue, or the e-mail addresses to alert, separated by commas. Empty: stop.",
        How::FailurePolicy,
        &["/on_failure"],
    ),
    entry(
        "on_unknown",
        "When it is unknown whether a message was sent",
        "",
        How::Choice(&[("", "Continue"), ("stop", "Stop"), ("retry", "Send it again")]),
        &["/on_unknown"],
    ),
    entry(
        "window_from",
        "Send e-mails from",
        "Such as 09:00. Empty: at any time.",
        How::Line,
        &["/message_window/from"],
    ),
    entry("window_to", "Send e-mails until", "Such as 18:00.", How::Line, &["/message_window/to"]),
    entry(
        "window_days",
        "Send e-mails on these days",
        "Such as monday, friday. Empty: every day.",
        How::List,
        &["/message_window/days"],
    ),
    entry(
        "window_time_zone",
        "Time zone of these times",
        "Empty: the contact’s time zone.",
        How::Line,
        &["/message_window/time_zone"],
    ),
    entry("locale", "Language of amounts and dates", "Such as en-US or de-DE.", How::Line, &["/locale"]),
    entry("time_zone", "Time zone of dates", "Such as Europe/Berlin.", How::Line, &["/time_zone"]),
];
