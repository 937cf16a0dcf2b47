//! Triggers of workflows.

use crate::events::event::EventType;

/// What starts a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// Event of this type.
    Event(EventType),
    /// Only a `start_workflow` step of another workflow.
    Manual,
}

impl Trigger {
    /// Returns every trigger.
    pub fn all() -> impl Iterator<Item = Self> {
        EventType::ALL.iter().copied().map(Self::Event).chain([Self::Manual])
    }

    /// Name in a workflow document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Event(event) => event.trigger(),
            Self::Manual => "manual",
        }
    }

    /// Whether an execution can have a contact, because the trigger's events can name a customer.
    pub fn may_have_contact(self) -> bool {
        match self {
            Self::Event(event) => event.has_order(),
            Self::Manual => true,
        }
    }

    /// Parses the name of a trigger.
    ///
    /// # Errors
    /// Returns an error if the name is unknown. The message lists the known names.
    pub fn parse(name: &str) -> Result<Self, String> {
        if name == "manual" {
            return Ok(Self::Manual);
        }
        let names = || EventType::ALL.iter().map(|event| event.trigger()).collect::<Vec<_>>().join(", ");
        EventType::from_trigger(name).map(Self::Event).ok_or_else(|| format!("must be one of {}, manual", names()))
    }
}
