//! The executor's outgoing calls: its own clients, and a fake that records the calls and responds as the test
//! configures.

use std::sync::{Arc, Mutex};

use action_executor::OutboundClients;
use aws_config::SdkConfig;
use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::delivery::ports::{Mail, MailSchedule, Outbound, OutboundRequest, PostResponse};
use couponflow_app::delivery::send_error::SendError;
use couponflow_app::kernel::error::StoreError;
use couponflow_aws::dynamo::{MailRate, Table};
use couponflow_aws::mail::Ses;
use couponflow_aws::topics::Sns;
use couponflow_domain::delivery::topic::TopicArn;
use couponflow_outbound::HttpPoster;
use tokio::sync::Barrier;

/// Returns the executor's clients. The services are those of `config`, and webhooks may reach private addresses. The
/// default sender is `sender@example.com`.
pub fn outbound_clients(config: &SdkConfig, table: Table) -> OutboundClients {
    OutboundClients {
        mail: Ses::new(config, "sender@example.com".to_owned(), None),
        mail_rate: MailRate::new(table, 1_000),
        web: HttpPoster::new(true).expect("a client"),
        topics: Sns::new(config),
        public_url: "https://shop.example.com".to_owned(),
    }
}

/// Records mails, webhooks and topic messages. By default every call succeeds.
#[derive(Debug, Default)]
pub struct RecordingOutbound {
    mails: Mutex<Vec<Mail>>,
    posts: Mutex<Vec<OutboundRequest>>,
    topics: Mutex<Vec<String>>,
    rejections: Mutex<usize>,
    is_lost: Mutex<bool>,
    status: Mutex<Option<u16>>,
    slots: Mutex<Vec<DateTime<Utc>>>,
    reserved: Mutex<usize>,
    rate: Mutex<Option<MailRate>>,
    meeting: Mutex<Option<Arc<Barrier>>>,
}

impl RecordingOutbound {
    /// The mails sent so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().expect("the lock is not poisoned").clone()
    }

    /// The subjects of the mails sent so far.
    pub fn subjects(&self) -> Vec<String> {
        self.mails().into_iter().map(|mail| mail.subject.into_string()).collect()
    }

    /// The HTTP requests sent so far.
    pub fn posts(&self) -> Vec<OutboundRequest> {
        self.posts.lock().expect("the lock is not poisoned").clone()
    }

    /// The texts published to topics so far.
    pub fn published(&self) -> Vec<String> {
        self.topics.lock().expect("the lock is not poisoned").clone()
    }

    /// Rejects the next `count` mails with an error that permits a retry.
    pub fn reject_mails(&self, count: usize) {
        *self.rejections.lock().expect("the lock is not poisoned") = count;
    }

    /// Sets whether responses to mails are lost. A mail with a lost response is recorded as sent,
    /// but the caller gets an unknown outcome.
    pub fn lose_answers(&self, is_lost: bool) {
        *self.is_lost.lock().expect("the lock is not poisoned") = is_lost;
    }

    /// Makes the mail rate limit return `instant` as the next slot of the account. If several instants are queued,
    /// the one that was queued last is returned first.
    pub fn queue_mail_slot(&self, instant: DateTime<Utc>) {
        self.slots.lock().expect("the lock is not poisoned").push(instant);
    }

    /// Number of slots of the account that were reserved so far.
    pub fn reserved_slots(&self) -> usize {
        *self.reserved.lock().expect("the lock is not poisoned")
    }

    /// Reserves slots in the schedules of `rate` from now on.
    pub fn limit_rate(&self, rate: MailRate) {
        *self.rate.lock().expect("the lock is not poisoned") = Some(rate);
    }

    /// Makes every HTTP request wait until `count` requests are under way.
    pub fn let_posts_meet(&self, count: usize) {
        *self.meeting.lock().expect("the lock is not poisoned") = Some(Arc::new(Barrier::new(count)));
    }

    /// Responds to HTTP requests with this status from now on.
    pub fn respond_to_posts(&self, status: u16) {
        *self.status.lock().expect("the lock is not poisoned") = Some(status);
    }
}

impl Outbound for RecordingOutbound {
    async fn send_mail(&self, mail: &Mail) -> Result<String, SendError> {
        let mut rejections = self.rejections.lock().expect("the lock is not poisoned");
        if *rejections > 0 {
            *rejections -= 1;
            return Err(SendError::Retry("slow down".into()));
        }
        let mut mails = self.mails.lock().expect("the lock is not poisoned");
        mails.push(mail.clone());
        match *self.is_lost.lock().expect("the lock is not poisoned") {
            true => Err(SendError::Unknown("no answer".into())),
            false => Ok(format!("message-{}", mails.len())),
        }
    }

    async fn reserve_mail_slots(
        &self,
        schedule: MailSchedule<'_>,
        count: usize,
        now: DateTime<Utc>,
        horizon: TimeDelta,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let rate = self.rate.lock().expect("the lock is not poisoned").clone();
        if let Some(rate) = rate {
            return rate.reserve(schedule, count, now, horizon).await;
        }
        Ok(Some(match schedule {
            MailSchedule::Tenant(_) => now,
            MailSchedule::Account => {
                *self.reserved.lock().expect("the lock is not poisoned") += count;
                self.slots.lock().expect("the lock is not poisoned").pop().unwrap_or(now)
            }
        }))
    }

    async fn post(&self, request: &OutboundRequest) -> Result<PostResponse, SendError> {
        self.posts.lock().expect("the lock is not poisoned").push(request.clone());
        let meeting = self.meeting.lock().expect("the lock is not poisoned").clone();
        if let Some(meeting) = meeting {
            meeting.wait().await;
        }
        let status = self.status.lock().expect("the lock is not poisoned").unwrap_or(200);
        match status {
            200..300 => Ok(PostResponse { status, body_start: String::new().into(), milliseconds: 1 }),
            500.. => Err(SendError::Retry(format!("answered {status}").into())),
            _ => Err(SendError::Permanent(format!("answered {status}").into())),
        }
    }

    async fn publish_to_topic(&self, _: &TopicArn, _: Option<&str>, text: &str) -> Result<(), SendError> {
        self.topics.lock().expect("the lock is not poisoned").push(text.to_owned());
        Ok(())
    }

    fn public_url(&self) -> &str {
        "https://shop.example.com"
    }
}
