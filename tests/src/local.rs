//! SDK configuration like that of the functions, for endpoints on this machine.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};

/// Returns a configuration with the time-outs and retries of production, and with `endpoint`
/// instead of AWS.
pub fn sdk_config(endpoint: String) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    couponflow_aws::clients::sdk_config_for(
        "us-east-1".to_owned(),
        Some(endpoint),
        SharedCredentialsProvider::new(credentials),
    )
}
