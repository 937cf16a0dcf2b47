//! The operators of filters.

use std::fmt;

use serde::Serialize;

/// Form of the `value` of a filter condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueShape {
    /// No value.
    None,
    /// One value.
    One,
    /// One value, or a list of values.
    OneOrMore,
    /// List of two values: the lower and the upper bound, both inclusive.
    Range,
}

macro_rules! operators {
    ($($(#[doc = $doc:literal])* $name:ident $sign:literal $shape:ident;)*) => {
        /// Operator of a filter condition.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
        pub enum Operator {
            $($(#[doc = $doc])* #[serde(rename = $sign)] $name,)*
        }

        impl Operator {
            /// Word or sign in a workflow document.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $sign,)* }
            }

            /// Form of the value that the operator compares with.
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
    /// Contains one of the texts.
    Contains "contains" OneOrMore;
    /// Contains none of the texts.
    DoesNotContain "does_not_contain" OneOrMore;
    /// Starts with one of the texts.
    StartsWith "starts_with" OneOrMore;
    /// Ends with one of the texts.
    EndsWith "ends_with" OneOrMore;
    /// The set contains one of the texts.
    ContainsAny "contains_any" OneOrMore;
    /// The set contains each of the texts.
    ContainsAll "contains_all" OneOrMore;
    /// The set contains none of the texts.
    ContainsNone "contains_none" OneOrMore;
    /// Is equal to the value.
    Equal "=" One;
    /// Differs from the value, in the same currency or unit. Also matches if the field has no
    /// value.
    NotEqual "!=" One;
    /// Is greater than the value.
    Greater ">" One;
    /// Is greater than or equal to the value.
    GreaterOrEqual ">=" One;
    /// Is less than the value.
    Less "<" One;
    /// Is less than or equal to the value.
    LessOrEqual "<=" One;
    /// Is between two bounds, both inclusive.
    Between "between" Range;
    /// Has no value.
    IsEmpty "is_empty" None;
    /// Has a value.
    IsNotEmpty "is_not_empty" None;
}

impl Operator {
    /// Whether a condition with this operator matches if the field has no value. An empty set counts as no value. True
    /// for negative operators and `is_empty`, false for the others.
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
