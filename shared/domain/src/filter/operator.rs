//! The operators of filters.

use std::fmt;

use serde::Serialize;

/// What stands beside an operator as `value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueShape {
    /// Nothing.
    None,
    /// One value.
    One,
    /// One value, or a list of them.
    OneOrMore,
    /// A list of the lower and the higher bound, both included.
    Range,
}

macro_rules! operators {
    ($($(#[doc = $doc:literal])* $name:ident $sign:literal $shape:ident;)*) => {
        /// How a field is compared.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
        pub enum Operator {
            $($(#[doc = $doc])* #[serde(rename = $sign)] $name,)*
        }

        impl Operator {
            /// The word or sign in a workflow.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $sign,)* }
            }

            /// What it is given to compare with.
            pub fn value_shape(self) -> ValueShape {
                match self { $(Self::$name => ValueShape::$shape,)* }
            }
        }
    };
}

operators! {
    /// Equals one of the texts.
    Is "is" OneOrMore;
    /// Equals none of the texts.
    IsNot "is_not" OneOrMore;
    /// Equals one of the texts.
    IsAnyOf "is_any_of" OneOrMore;
    /// Equals none of the texts.
    IsNoneOf "is_none_of" OneOrMore;
    /// Has one of the texts in it.
    Contains "contains" OneOrMore;
    /// Has none of the texts in it.
    DoesNotContain "does_not_contain" OneOrMore;
    /// Begins with one of the texts.
    StartsWith "starts_with" OneOrMore;
    /// Ends with one of the texts.
    EndsWith "ends_with" OneOrMore;
    /// The set has one of the texts.
    ContainsAny "contains_any" OneOrMore;
    /// The set has each of the texts.
    ContainsAll "contains_all" OneOrMore;
    /// The set has none of the texts.
    ContainsNone "contains_none" OneOrMore;
    /// Is as much.
    Equal "=" One;
    /// Is more or less, in the same currency or unit, or there is no value.
    NotEqual "!=" One;
    /// Is more.
    Greater ">" One;
    /// Is as much or more.
    GreaterOrEqual ">=" One;
    /// Is less.
    Less "<" One;
    /// Is as much or less.
    LessOrEqual "<=" One;
    /// Lies between two bounds, or on one.
    Between "between" Range;
    /// Has no value.
    IsEmpty "is_empty" None;
    /// Has a value.
    IsNotEmpty "is_not_empty" None;
}

impl Operator {
    /// Whether a test with it holds where the field has no value (a set without members has none). A negative operator
    /// does, since the value is not the given one; any other does not.
    pub fn holds_without_value(self) -> bool {
        match self {
            Self::IsNot
            | Self::IsNoneOf
            | Self::DoesNotContain
            | Self::ContainsNone
            | Self::NotEqual
            | Self::IsEmpty => true,
            Self::Is
            | Self::IsAnyOf
            | Self::Contains
            | Self::StartsWith
            | Self::EndsWith
            | Self::ContainsAny
            | Self::ContainsAll
            | Self::Equal
            | Self::Greater
            | Self::GreaterOrEqual
            | Self::Less
            | Self::LessOrEqual
            | Self::Between
            | Self::IsNotEmpty => false,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
