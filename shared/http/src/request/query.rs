//! Query parameters of a request.

use chrono::{Datelike as _, NaiveDate};
use strum::VariantArray;

use super::Request;
use crate::problem::Problem;

impl Request {
    /// Returns a query parameter. Returns `None` if the parameter is missing.
    ///
    /// # Errors
    /// Returns an error if the parameter is repeated.
    pub fn query(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.parameters.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Problem::repeated_parameter(name)),
            (value, None) => Ok(value),
        }
    }

    /// Parses a query parameter. Returns `None` if the parameter is missing.
    ///
    /// # Errors
    /// Returns an error if the parameter cannot be parsed or is repeated.
    pub fn query_as<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        self.query(name)?.map(parse).transpose().map_err(|detail| Problem::invalid_parameter(name, &detail.to_string()))
    }

    /// Reads a query parameter that is the name of a `T`. Returns `None` if the parameter is missing.
    ///
    /// # Errors
    /// Returns an error if no `T` has this name, or if the parameter is repeated.
    pub fn query_enum<T: VariantArray + Copy + Into<&'static str>>(&self, name: &str) -> Result<Option<T>, Problem> {
        let names: Vec<&str> = T::VARIANTS.iter().map(|value| (*value).into()).collect();
        let find = |text: &str| match names.iter().position(|name| *name == text) {
            Some(place) => Ok(T::VARIANTS[place]),
            None => {
                let (last, others) = names.split_last().map_or(("", &[][..]), |(last, others)| (*last, others));
                Err(format!("must be {} or {last}", others.join(", ")))
            }
        };
        self.query_as(name, find)
    }

    /// Parses a query parameter as a day in the years 1 to 9999. Returns `None` if the parameter is
    /// missing.
    ///
    /// # Errors
    /// Returns an error if the parameter is not a day in these years, or is repeated.
    pub fn day(&self, name: &str) -> Result<Option<NaiveDate>, Problem> {
        let day = |text: &str| text.parse::<NaiveDate>().ok().filter(|day| (1..=9999).contains(&day.year()));
        self.query_as(name, |text| day(text).ok_or("must be a date in the format 2026-12-01"))
    }

    /// Checks that the request has no query parameters other than `known`.
    ///
    /// # Errors
    /// Returns an error if the request has another parameter.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let mut names = self.parameters.iter().map(|(name, _)| name.as_str());
        match names.find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(unknown) => {
                let detail = format!("is not a parameter of this operation; the parameters are {}", known.join(", "));
                Err(Problem::invalid_parameter(unknown, &detail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
    use couponflow_domain::coupons::code::CodeStatus;

    use super::*;

    fn request(query: &str) -> Request {
        let mut gateway = ApiGatewayV2httpRequest::default();
        gateway.raw_query_string = Some(query.to_owned());
        Request::new(gateway)
    }

    #[test]
    fn repeated_parameter_is_rejected_and_named() {
        let any = |text: &str| Ok::<_, &str>(text.to_owned());
        for query in ["code=A&code=B", "code=A&code=A", "code=A&c%6Fde="] {
            let answer = request(query).query_as("code", any).unwrap_err().answer();
            assert_eq!((answer.status, &answer.body["code"]), (400, &"repeated_parameter".into()), "{query}");
            assert_eq!(answer.body["errors"][0]["pointer"], "?code", "{query}");
        }
        for name in ["limit", "cursor"] {
            let answer = request(&format!("{name}=1&{name}=2")).page("", &[]).unwrap_err().answer();
            assert_eq!((answer.status, &answer.body["errors"][0]["pointer"]), (400, &format!("?{name}").into()));
        }
        assert_eq!(request("a=1&b=2").query("b"), Ok(Some("2")));
        assert_eq!(request("a=1&b=2").query("c"), Ok(None));
    }

    #[test]
    fn name_of_a_value_is_read_and_another_name_gets_the_list() {
        let read = |query: &str| request(query).query_enum::<CodeStatus>("status");
        assert_eq!(read("status=redeemed"), Ok(Some(CodeStatus::Redeemed)));
        assert_eq!(read(""), Ok(None));
        let expected = Problem::invalid_parameter("status", "must be available or redeemed");
        assert_eq!(read("status=Redeemed"), Err(expected));
    }

    #[test]
    fn value_is_decoded_and_keeps_its_commas() {
        assert_eq!(request("order_id=7%2C8+%C3%A4,9").query("order_id"), Ok(Some("7,8 ä,9")));
    }
}
