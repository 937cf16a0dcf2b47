//! Function instances that lose one response of DynamoDB: the call takes effect, but the instance
//! gets a server error instead of the response, so the SDK retries the call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use couponflow_aws::dynamo::Table;

use crate::table::{Dynamo, NAME};

/// Number of responses that an instance has received, including the lost response.
#[derive(Debug, Clone)]
pub struct Responses(Arc<AtomicUsize>);

impl Responses {
    /// Returns the number of responses.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Dynamo {
    /// Creates an instance that loses its response number `lost` (from 0).
    pub fn lossy_instance(&self, lost: usize) -> (Table, Responses) {
        let responses = Responses(Arc::default());
        let interceptor = LoseResponse { lost, responses: responses.clone() };
        let config = self.client.config().to_builder().interceptor(interceptor).build();
        (Table::new(Client::from_conf(config), NAME.to_owned()), responses)
    }
}

#[derive(Debug)]
struct LoseResponse {
    lost: usize,
    responses: Responses,
}

impl Intercept for LoseResponse {
    fn name(&self) -> &'static str {
        "LoseResponse"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.responses.0.fetch_add(1, Ordering::SeqCst) == self.lost {
            *context.response_mut() = HttpResponse::new(500_u16.try_into()?, "{}".into());
        }
        Ok(())
    }
}
