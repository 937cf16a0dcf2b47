//! Function instances that measure what their calls cost, as the DynamoDB stand-in reports it.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};
use couponflow_aws::dynamo::Table;

use crate::table::{Dynamo, NAME};

/// Calls of an instance, and the capacity units that they used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    pub calls: usize,
    pub write_units: f64,
    pub read_units: f64,
}

/// Measures the calls of one instance.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Mutex<Cost>>);

impl Meter {
    /// Returns the cost since the last call of this function.
    pub fn take(&self) -> Cost {
        std::mem::take(&mut self.0.lock().expect("the lock is not poisoned"))
    }
}

impl Dynamo {
    /// Creates an instance whose calls are measured.
    pub fn metered_instance(&self) -> (Table, Meter) {
        let meter = Meter::default();
        let config = self.client.config().to_builder().interceptor(Measure(meter.clone())).build();
        (Table::new(Client::from_conf(config), NAME.to_owned()), meter)
    }
}

#[derive(Debug)]
struct Measure(Meter);

impl Intercept for Measure {
    fn name(&self) -> &'static str {
        "Measure"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        macro_rules! request_units {
            ($($input:ty),*) => {
                $(if let Some(input) = context.input_mut().downcast_mut::<$input>() {
                    input.return_consumed_capacity = Some(ReturnConsumedCapacity::Total);
                })*
            };
        }
        request_units!(
            GetItemInput,
            QueryInput,
            BatchGetItemInput,
            PutItemInput,
            UpdateItemInput,
            DeleteItemInput,
            TransactWriteItemsInput
        );
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut cost = self.0.0.lock().expect("the lock is not poisoned");
        cost.calls += 1;
        let Ok(output) = context.output_or_error() else { return Ok(()) };
        let units = |capacity: &[ConsumedCapacity]| capacity.iter().filter_map(|used| used.capacity_units).sum::<f64>();
        macro_rules! add {
            ($field:ident: $($output:ty),*) => {
                $(if let Some(output) = output.downcast_ref::<$output>() {
                    cost.$field += units(output.consumed_capacity.as_slice());
                })*
            };
        }
        add!(read_units: GetItemOutput, QueryOutput);
        add!(write_units: PutItemOutput, UpdateItemOutput, DeleteItemOutput);
        if let Some(output) = output.downcast_ref::<BatchGetItemOutput>() {
            cost.read_units += units(output.consumed_capacity());
        }
        if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
            cost.write_units += units(output.consumed_capacity());
        }
        Ok(())
    }
}
