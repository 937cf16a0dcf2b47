//! The world outside, as a test sees it: what was sent there, and what it answers.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{
    Mail, MailError, MailSlots, Mailer, Outbound, OutboundRequest, PostError, PostResponse, Topics, Webhooks,
};
use couponflow_domain::topic::TopicArn;

/// Keeps what is sent, and answers as it is told to.
#[derive(Debug, Default)]
pub struct Recorder {
    mails: Mutex<Vec<Mail>>,
    posts: Mutex<Vec<OutboundRequest>>,
    topics: Mutex<Vec<String>>,
    rejections: Mutex<usize>,
    is_lost: Mutex<bool>,
    status: Mutex<Option<u16>>,
    slots: Mutex<Vec<DateTime<Utc>>>,
}

impl Recorder {
    /// The mails that were sent.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().expect("no panic in here").clone()
    }

    /// Their subjects.
    pub fn subjects(&self) -> Vec<String> {
        self.mails().into_iter().map(|mail| mail.subject).collect()
    }

    /// What was posted.
    pub fn posts(&self) -> Vec<OutboundRequest> {
        self.posts.lock().expect("no panic in here").clone()
    }

    /// What was published.
    pub fn published(&self) -> Vec<String> {
        self.topics.lock().expect("no panic in here").clone()
    }

    /// The next mails are refused for now, so many.
    pub fn refuses_mails(&self, count: usize) {
        *self.rejections.lock().expect("no panic in here") = count;
    }

    /// From now on mails are sent, and the answers are lost; or not any more.
    pub fn loses_answers(&self, is_lost: bool) {
        *self.is_lost.lock().expect("no panic in here") = is_lost;
    }

    /// The next mail may go at this instant.
    pub fn queues_a_mail_until(&self, instant: DateTime<Utc>) {
        self.slots.lock().expect("no panic in here").push(instant);
    }

    /// From now on posts are answered with this status.
    pub fn answers_posts(&self, status: u16) {
        *self.status.lock().expect("no panic in here") = Some(status);
    }
}

impl Mailer for Recorder {
    async fn send(&self, mail: &Mail) -> Result<String, MailError> {
        let mut rejections = self.rejections.lock().expect("no panic in here");
        if *rejections > 0 {
            *rejections -= 1;
            return Err(MailError::Retry("slow down".to_owned()));
        }
        let mut mails = self.mails.lock().expect("no panic in here");
        mails.push(mail.clone());
        match *self.is_lost.lock().expect("no panic in here") {
            true => Err(MailError::Unknown("no answer".to_owned())),
            false => Ok(format!("message-{}", mails.len())),
        }
    }
}

impl MailSlots for Recorder {
    async fn reserve(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        Ok(self.slots.lock().expect("no panic in here").pop().unwrap_or(now))
    }
}

impl Webhooks for Recorder {
    async fn post(&self, request: &OutboundRequest) -> Result<PostResponse, PostError> {
        self.posts.lock().expect("no panic in here").push(request.clone());
        let status = self.status.lock().expect("no panic in here").unwrap_or(200);
        match status {
            200..300 => Ok(PostResponse { status, body_start: String::new(), milliseconds: 1 }),
            500.. => Err(PostError::Retry(format!("answered {status}"))),
            _ => Err(PostError::Refused(format!("answered {status}"))),
        }
    }
}

impl Topics for Recorder {
    async fn publish(&self, _: &TopicArn, _: Option<&str>, text: &str) -> Result<(), PostError> {
        self.topics.lock().expect("no panic in here").push(text.to_owned());
        Ok(())
    }
}

impl Outbound for Recorder {
    fn public_url(&self) -> &str {
        "https://shop.example.com"
    }
}
