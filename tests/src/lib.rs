//! What the tests share: a DynamoDB of their own, the template, and things to put into the table.

pub mod given;
pub mod local;
pub mod repository;
pub mod scripted;
pub mod table;
