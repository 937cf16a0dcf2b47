//! SNS topics that a tenant may publish to.

use std::fmt;

use crate::tenants::tenant::TenantId;

/// ARN of an SNS topic that belongs to a tenant. An ARN is the full name of an AWS resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicArn(String);

/// Error for a text that is not the ARN of one of the tenant's topics. Holds the prefix of the
/// tenant's topic names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be the ARN of an SNS topic (not FIFO) whose name begins with {0}, such as \"arn:aws:sns:eu-central-1:123456789012:{0}sales\""
)]
pub struct InvalidTopicArn(String);

impl TopicArn {
    /// Parses the ARN of one of the tenant's topics. The name of a tenant's topic starts with
    /// `couponflow-<tenant id>_`. A tenant id has no underscore, so the name of a topic matches the
    /// prefix of only one tenant.
    ///
    /// # Errors
    /// Returns [`InvalidTopicArn`] if the text is not the ARN of one of the tenant's topics.
    pub fn parse(text: &str, tenant: &TenantId) -> Result<Self, InvalidTopicArn> {
        let prefix = format!("couponflow-{tenant}_");
        let of_the_alphabet = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let name = match text.split(':').collect::<Vec<_>>()[..] {
            ["arn", partition, "sns", region, account, name]
                if partition.starts_with("aws")
                    && [partition, region].iter().all(|part| !part.is_empty() && part.chars().all(of_the_alphabet))
                    && account.len() == 12
                    && account.bytes().all(|digit| digit.is_ascii_digit()) =>
            {
                Some(name)
            }
            _ => None,
        };
        let own = name.filter(|name| name.len() <= 256 && name.chars().all(of_the_alphabet));
        match own.and_then(|name| name.strip_prefix(&prefix)) {
            Some(rest) if !rest.is_empty() => Ok(Self(text.to_owned())),
            _ => Err(InvalidTopicArn(prefix)),
        }
    }

    /// Returns the ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_belongs_only_to_the_tenant_in_its_name() {
        let tenant = |id: &str| TenantId::parse(id).unwrap();
        let arn = "arn:aws:sns:eu-central-1:123456789012:couponflow-shop-a_sales";
        assert!(TopicArn::parse(arn, &tenant("shop-a")).is_ok());
        for other in ["shop", "shop-a-sales", "shop-b", "s"] {
            assert!(TopicArn::parse(arn, &tenant(other)).is_err(), "{other}");
        }
    }

    #[test]
    fn invalid_topic_arn_is_rejected() {
        let tenant = TenantId::parse("demo").unwrap();
        for bad in [
            "",
            "couponflow-demo_sales",
            "arn:aws:sqs:eu-central-1:123456789012:couponflow-demo_sales",
            "arn:aws:sns:eu-central-1:123456789012:couponflow-demo_",
            "arn:aws:sns:eu-central-1:123456789012:couponflow-demo_sales.fifo",
            "arn:aws:sns:eu-central-1:123456789012:couponflow-demo_sales:6b0e71bd",
            "arn:aws:sns:eu-central-1:1234:couponflow-demo_sales",
            "arn:aws:sns::123456789012:couponflow-demo_sales",
        ] {
            assert!(TopicArn::parse(bad, &tenant).is_err(), "{bad}");
        }
    }
}
