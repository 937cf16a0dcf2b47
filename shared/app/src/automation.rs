//! Executes workflows, and provides dry runs, replays and previews of workflows.

mod effects;

pub mod dry_run;
pub mod edit_workflow;
pub mod execute;
pub mod ports;
pub mod preview;
pub mod replay;
pub mod workflow_check;
pub mod workflow_template;
