//! Clients for the outgoing calls of workflow steps: e-mail, webhooks and SNS topics.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::delivery::ports::{Mail, MailSchedule, Outbound, OutboundRequest, PostResponse};
use couponflow_app::delivery::send_error::SendError;
use couponflow_app::kernel::error::StoreError;
use couponflow_aws::dynamo::MailRate;
use couponflow_aws::mail::Ses;
use couponflow_aws::topics::Sns;
use couponflow_domain::delivery::topic::TopicArn;
use couponflow_outbound::HttpPoster;

/// Implements [`Outbound`] with one client per channel.
pub struct OutboundClients {
    pub mail: Ses,
    pub mail_rate: MailRate,
    pub web: HttpPoster,
    pub topics: Sns,
    pub public_url: String,
}

impl Outbound for OutboundClients {
    async fn send_mail(&self, mail: &Mail) -> Result<String, SendError> {
        self.mail.send(mail).await
    }

    async fn reserve_mail_slots(
        &self,
        schedule: MailSchedule<'_>,
        count: usize,
        now: DateTime<Utc>,
        horizon: TimeDelta,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.mail_rate.reserve(schedule, count, now, horizon).await
    }

    async fn post(&self, request: &OutboundRequest) -> Result<PostResponse, SendError> {
        self.web.post(request).await
    }

    async fn publish_to_topic(&self, topic: &TopicArn, subject: Option<&str>, text: &str) -> Result<(), SendError> {
        self.topics.publish(topic, subject, text).await
    }

    fn public_url(&self) -> &str {
        &self.public_url
    }
}
