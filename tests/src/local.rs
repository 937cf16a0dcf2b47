//! The functions' own client configuration, pointed at this machine.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};

/// Time-outs and retries as in production, for an endpoint on this machine.
pub fn sdk_config(endpoint: String) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    couponflow_aws::clients::sdk_config_for(
        "us-east-1".to_owned(),
        Some(endpoint),
        SharedCredentialsProvider::new(credentials),
    )
}
