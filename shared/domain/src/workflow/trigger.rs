//! What sets a workflow off.

use crate::event::EventType;

/// What sets a workflow off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// An event of this type.
    Event(EventType),
    /// Nothing but a *start workflow* step of another workflow.
    Manual,
}

impl Trigger {
    /// The name in a workflow.
    pub fn name(self) -> &'static str {
        match self {
            Self::Event(event) => event.trigger(),
            Self::Manual => "manual",
        }
    }

    /// Whether its events can name a customer, so that there can be a contact.
    pub fn may_have_contact(self) -> bool {
        match self {
            Self::Event(event) => event.has_order(),
            Self::Manual => true,
        }
    }

    /// The trigger of that name.
    ///
    /// # Errors
    /// Where there is none; says which there are.
    pub fn parse(name: &str) -> Result<Self, String> {
        if name == "manual" {
            return Ok(Self::Manual);
        }
        let names = || EventType::ALL.iter().map(|event| event.trigger()).collect::<Vec<_>>().join(", ");
        EventType::from_trigger(name).map(Self::Event).ok_or_else(|| format!("must be one of {}, manual", names()))
    }
}
