//! The DynamoDB stand-in: an implementation of DynamoDB in this process, with the table of the SAM
//! template.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType, StreamSpecification, StreamViewType,
};
use couponflow_aws::dynamo::Table;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::{local, repository};

/// A DynamoDB stand-in with one table. Each [`Dynamo::instance`] behaves like a separate function
/// instance: instances share the table but no memory.
pub struct Dynamo {
    /// A plain client, for reading and damaging stored items.
    pub client: Client,
    pub(crate) database: dynoxide::Database,
    calls: Arc<AtomicUsize>,
}

impl Dynamo {
    /// Starts a stand-in with an empty table on a free loopback port. It ends with the runtime of
    /// the test.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let database = dynoxide::Database::memory().expect("a database in memory");
        tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        let calls = Arc::new(AtomicUsize::new(0));
        let config = aws_sdk_dynamodb::config::Builder::from(&local::sdk_config(endpoint))
            .interceptor(CountCalls(Arc::clone(&calls)))
            .build();
        let client = Client::from_conf(config);
        create_table(&client).await;
        Self { client, database, calls }
    }

    /// Creates a function instance with cold caches.
    pub fn instance(&self) -> Table {
        Table::new(self.client.clone(), NAME.to_owned())
    }

    /// Creates an instance that dies after `after_calls` calls: every later call fails before it is
    /// sent.
    pub fn dying_instance(&self, after_calls: usize) -> Table {
        let config = self.client.config().to_builder().interceptor(DieAfter(AtomicUsize::new(after_calls))).build();
        Table::new(Client::from_conf(config), NAME.to_owned())
    }

    /// Creates an instance that runs `meanwhile` to completion right before its call number
    /// `before_call` (from 0). Needs a multi-threaded runtime.
    pub fn interrupted_instance<F>(&self, before_call: usize, meanwhile: impl FnOnce() -> F + Send + 'static) -> Table
    where
        F: Future<Output = ()> + 'static,
    {
        let meanwhile = move || block_in_place(|| Handle::current().block_on(meanwhile()));
        let interrupt = Interrupt(Mutex::new((before_call, Some(Box::new(meanwhile)))));
        let config = self.client.config().to_builder().interceptor(interrupt).build();
        Table::new(Client::from_conf(config), NAME.to_owned())
    }

    /// Creates an instance whose calls fail before they are sent while `outage` is on, if their request contains `part`, for
    /// example `t#demo#` for all items of a tenant.
    pub fn instance_with(&self, outage: &Outage, part: &str) -> Table {
        let interceptor = FailDuring { outage: outage.clone(), part: part.to_owned() };
        let config = self.client.config().to_builder().interceptor(interceptor).build();
        Table::new(Client::from_conf(config), NAME.to_owned())
    }

    /// Number of calls that all instances and the plain client have sent so far.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

pub(crate) const NAME: &str = "couponflow";

#[derive(Debug)]
struct CountCalls(Arc<AtomicUsize>);

impl Intercept for CountCalls {
    fn name(&self) -> &'static str {
        "CountCalls"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Switch of an outage. Clones share the switch.
#[derive(Debug, Clone, Default)]
pub struct Outage(Arc<AtomicBool>);

impl Outage {
    pub fn set(&self, is_on: bool) {
        self.0.store(is_on, Ordering::SeqCst);
    }

    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Debug)]
struct FailDuring {
    outage: Outage,
    part: String,
}

impl Intercept for FailDuring {
    fn name(&self) -> &'static str {
        "FailDuring"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.request().body().bytes().unwrap_or_default();
        match self.outage.is_on() && String::from_utf8_lossy(body).contains(&self.part) {
            true => Err("the table does not respond".into()),
            false => Ok(()),
        }
    }
}

#[derive(Debug)]
struct DieAfter(AtomicUsize);

impl Intercept for DieAfter {
    fn name(&self) -> &'static str {
        "DieAfter"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let left = self.0.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(|_| ()).map_err(|_| "the function has died".into())
    }
}

/// The interruption: a function that runs once. `None` after it has run.
type Meanwhile = Option<Box<dyn FnOnce() + Send>>;

/// The number of calls before the interruption, and the interruption.
struct Interrupt(Mutex<(usize, Meanwhile)>);

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupt")
    }
}

impl Intercept for Interrupt {
    fn name(&self) -> &'static str {
        "Interrupt"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut waiting = self.0.lock().expect("the lock is not poisoned");
        let meanwhile = if waiting.0 == 0 { waiting.1.take() } else { None };
        waiting.0 = waiting.0.saturating_sub(1);
        drop(waiting);
        meanwhile.into_iter().for_each(|meanwhile| meanwhile());
        Ok(())
    }
}

async fn create_table(client: &Client) {
    let template = repository::template();
    let properties = &template["Resources"]["Table"]["Properties"];
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let keys = |schema: &Value| -> Vec<KeySchemaElement> {
        let key = |key: &Value| {
            let kind = KeyType::from(key["KeyType"].as_str().expect("a string"));
            KeySchemaElement::builder().attribute_name(text(&key["AttributeName"])).key_type(kind).build()
        };
        schema.as_array().expect("a list").iter().map(|element| key(element).expect("a key")).collect()
    };
    let attributes = properties["AttributeDefinitions"].as_array().expect("a list").iter().map(|attribute| {
        let kind = ScalarAttributeType::from(attribute["AttributeType"].as_str().expect("a string"));
        let attribute = AttributeDefinition::builder().attribute_name(text(&attribute["AttributeName"]));
        attribute.attribute_type(kind).build().expect("an attribute")
    });
    let indexes = properties["GlobalSecondaryIndexes"].as_array().expect("a list").iter().map(|index| {
        let projection = ProjectionType::from(index["Projection"]["ProjectionType"].as_str().expect("a string"));
        GlobalSecondaryIndex::builder()
            .index_name(text(&index["IndexName"]))
            .set_key_schema(Some(keys(&index["KeySchema"])))
            .projection(Projection::builder().projection_type(projection).build())
            .build()
            .expect("an index")
    });
    let view = StreamViewType::from(properties["StreamSpecification"]["StreamViewType"].as_str().expect("a string"));
    let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(view);
    client
        .create_table()
        .table_name(NAME)
        .set_attribute_definitions(Some(attributes.collect()))
        .set_key_schema(Some(keys(&properties["KeySchema"])))
        .set_global_secondary_indexes(Some(indexes.collect()))
        .billing_mode(BillingMode::PayPerRequest)
        .stream_specification(stream.build().expect("a stream"))
        .send()
        .await
        .expect("the template's table can be created");
}
