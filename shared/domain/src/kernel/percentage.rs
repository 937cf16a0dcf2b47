//! Percentages, stored exactly as hundredths of a percent.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Hundredths of a percent in 1 percent.
const BASIS_POINTS_PER_PERCENT: u32 = 100;

/// Largest percentage in hundredths of a percent.
const MAX_BASIS_POINTS: u32 = 100 * BASIS_POINTS_PER_PERCENT;

/// A percentage above 0 and up to 100, with at most two decimal places. Stored in basis points
/// (hundredths of a percent).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percentage {
    basis_points: u32,
}

/// Error for a number that is not a valid percentage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a number above 0 and up to 100 with at most two decimal places, such as 12.5")]
pub struct InvalidPercentage;

impl Percentage {
    /// Creates a percentage from hundredths of a percent.
    ///
    /// # Errors
    /// Returns an error if the value is outside 1 to 10,000.
    pub fn from_basis_points(basis_points: u32) -> Result<Self, InvalidPercentage> {
        match basis_points {
            1..=MAX_BASIS_POINTS => Ok(Self { basis_points }),
            _ => Err(InvalidPercentage),
        }
    }

    /// Converts a JSON number by its decimal digits, without floating-point arithmetic, so that the
    /// result is exact.
    ///
    /// # Errors
    /// Returns an error if the number has more than two decimal places or is out of range.
    pub fn from_number(number: &serde_json::Number) -> Result<Self, InvalidPercentage> {
        let digits = number.as_u64().map(|n| n.to_string()).or_else(|| number.as_f64().map(|n| n.to_string()));
        let digits = digits.ok_or(InvalidPercentage)?;
        let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
        if part.len() > 2 {
            return Err(InvalidPercentage);
        }
        format!("{whole}{part:0<2}").parse().map_err(|_| InvalidPercentage).and_then(Self::from_basis_points)
    }

    /// Returns the schema of a percentage, for requests and responses.
    pub fn schema() -> Value {
        Self::json_schema(&mut SchemaGenerator::default()).to_value()
    }

    /// Returns the percentage in hundredths of a percent.
    pub fn basis_points(self) -> u32 {
        self.basis_points
    }

    /// Returns this percentage of `amount`, rounded half up. Both amounts are in minor units.
    pub fn of(self, amount: i64) -> i64 {
        ((i128::from(amount) * i128::from(self.basis_points) + 5_000) / 10_000) as i64
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", f64::from(self.basis_points) / 100.0)
    }
}

impl Serialize for Percentage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.basis_points % 100 {
            0 => serializer.serialize_u32(self.basis_points / 100),
            _ => serializer.serialize_f64(f64::from(self.basis_points) / 100.0),
        }
    }
}

impl<'de> Deserialize<'de> for Percentage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        Self::from_number(&number).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Percentage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percentage".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let maximum = MAX_BASIS_POINTS / BASIS_POINTS_PER_PERCENT;
        json_schema!({"type": "number", "exclusiveMinimum": 0, "maximum": maximum, "multipleOf": 0.01})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Percentage, InvalidPercentage> {
        Percentage::from_number(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn two_decimal_places_are_stored_exactly() {
        for (json, basis_points) in [("20", 2000), ("12.5", 1250), ("0.07", 7), ("99.99", 9999), ("100.0", 10_000)] {
            assert_eq!(parse(json).unwrap().basis_points(), basis_points, "{json}");
        }
    }

    #[test]
    fn third_decimal_place_or_value_out_of_range_is_rejected() {
        for json in ["0", "-5", "100.01", "101", "12.345", "0.001", "1e30", "1e-9"] {
            assert_eq!(parse(json), Err(InvalidPercentage), "{json}");
        }
    }

    #[test]
    fn serialised_percentage_equals_input() {
        for json in ["20", "12.5", "0.07"] {
            assert_eq!(serde_json::to_string(&parse(json).unwrap()).unwrap(), json);
        }
    }

    #[test]
    fn half_a_minor_unit_rounds_up() {
        let ten = Percentage::from_basis_points(1000).unwrap();
        assert_eq!(ten.of(4900), 490);
        assert_eq!(ten.of(5), 1);
        assert_eq!(ten.of(4), 0);
    }
}
