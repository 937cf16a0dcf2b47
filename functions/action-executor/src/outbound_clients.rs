//! Clients for the outgoing calls of workflow steps: e-mail, webhooks and SNS topics.

use chrono::{DateTime, Utc};
use couponflow_app::automation::context::Outbound;
use couponflow_app::delivery::mail_ports::{Mail, MailSlots, Mailer};
use couponflow_app::delivery::ports::{OutboundRequest, PostResponse, Topics, Webhooks};
use couponflow_app::delivery::send_error::SendError;
use couponflow_app::kernel::error::StoreError;
use couponflow_aws::dynamo::MailRate;
use couponflow_aws::mail::Ses;
use couponflow_aws::topics::Sns;
use couponflow_domain::delivery::topic::TopicArn;
use couponflow_outbound::HttpPoster;

/// Implements [`Outbound`] with one client per channel.
pub(crate) struct OutboundClients {
    pub(crate) mail: Ses,
    pub(crate) mail_rate: MailRate,
    pub(crate) web: HttpPoster,
    pub(crate) topics: Sns,
    pub(crate) public_url: String,
}

impl Mailer for OutboundClients {
    async fn send(&self, mail: &Mail) -> Result<String, SendError> {
        self.mail.send(mail).await
    }
}

impl MailSlots for OutboundClients {
    async fn reserve(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        self.mail_rate.reserve(now).await
    }
}

impl Webhooks for OutboundClients {
    async fn post(&self, request: &OutboundRequest) -> Result<PostResponse, SendError> {
        self.web.post(request).await
    }
}

impl Topics for OutboundClients {
    async fn publish(&self, topic: &TopicArn, subject: Option<&str>, text: &str) -> Result<(), SendError> {
        self.topics.publish(topic, subject, text).await
    }
}

impl Outbound for OutboundClients {
    fn public_url(&self) -> &str {
        &self.public_url
    }
}
