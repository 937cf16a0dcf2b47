//! Forms: their fields, the values that a person entered, and the faults of the values.

use crate::failure::Fault;

/// Name of the hidden field with the idempotency key of a form.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency_key";

/// Kind of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `<input>` with this type.
    Input(&'static str),
    Area,
    Checkbox,
    /// One of these values. Each has a value and a label.
    Select(&'static [(&'static str, &'static str)]),
    /// One of these values, which depend on what is stored. Each has a value and a label.
    Choices(Vec<(String, String)>),
    /// Any of these values.
    Checkboxes(&'static [(&'static str, &'static str)]),
}

/// Field of a form, with its value and its faults.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// Explanation under the field. Can be empty.
    pub(crate) hint: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    /// JSON pointers of the members that the field sets. A fault below one of them belongs to the field.
    pub(crate) pointers: &'static [&'static str],
    pub(crate) values: Vec<String>,
    pub(crate) faults: Vec<String>,
}

impl Field {
    /// Creates an optional field without a value.
    pub(crate) fn new(
        name: &'static str,
        label: &'static str,
        hint: &'static str,
        kind: Kind,
        pointers: &'static [&'static str],
    ) -> Self {
        let (values, faults) = (Vec::new(), Vec::new());
        Self { name, label, hint, kind, required: false, pointers, values, faults }
    }

    /// Marks the field as required.
    pub(crate) fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Returns the value of a field that has one value.
    pub(crate) fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    /// Whether this value is chosen.
    pub(crate) fn has(&self, value: &str) -> bool {
        self.values.iter().any(|chosen| chosen == value)
    }

    /// Returns the number of lines that a text area shows.
    pub(crate) fn rows(&self) -> usize {
        self.value().lines().count().clamp(3, 24)
    }

    /// Returns the ids of the hint and the faults, for `aria-describedby`.
    pub(crate) fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("h-{}", self.name));
        let fault = (!self.faults.is_empty()).then(|| format!("e-{}", self.name));
        hint.into_iter().chain(fault).collect::<Vec<_>>().join(" ")
    }
}

/// Group of fields with a heading.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) legend: &'static str,
    pub(crate) fields: Vec<Field>,
}

/// Values that a person entered, or the values of a stored resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Values(Vec<(String, String)>);

impl Values {
    /// Takes the fields that a browser sent.
    pub(crate) fn of(form: &[(String, String)]) -> Self {
        Self(form.to_vec())
    }

    /// Adds a value.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Returns a value without surrounding white space, or an empty text.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// Returns all values of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Returns the parts of a value between commas and line breaks, without empty parts.
    pub(crate) fn parts(&self, name: &str) -> Vec<&str> {
        self.get(name).split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect()
    }
}

/// Fault in the summary at the top of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedFault {
    /// Name of the field. Empty if the fault belongs to no field.
    pub(crate) field: &'static str,
    pub(crate) label: String,
    pub(crate) detail: String,
}

/// Form with its values and faults.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// Address that the form is sent to, relative to the page. Empty for the address of the page.
    pub(crate) action: String,
    pub(crate) submit: &'static str,
    pub(crate) sections: Vec<Section>,
    /// Fields that are not shown, as names and values.
    pub(crate) hidden: Vec<(&'static str, String)>,
    pub(crate) faults: Vec<ListedFault>,
}

impl Form {
    /// Creates a form without faults.
    pub(crate) fn new(submit: &'static str, sections: Vec<Section>, values: &Values) -> Self {
        let mut form = Self { action: String::new(), submit, sections, hidden: Vec::new(), faults: Vec::new() };
        for field in form.sections.iter_mut().flat_map(|section| &mut section.fields) {
            field.values = values.all(field.name).into_iter().map(str::to_owned).collect();
        }
        form
    }

    /// Adds a hidden idempotency key, so that the form makes one change even if it is sent twice.
    pub(crate) fn once(mut self, nonce: &str) -> Self {
        self.hidden.push((IDEMPOTENCY_KEY, nonce.to_owned()));
        self
    }

    /// Removes the faults.
    pub(crate) fn without_faults(mut self) -> Self {
        self.faults.clear();
        self.sections.iter_mut().flat_map(|section| &mut section.fields).for_each(|field| field.faults.clear());
        self
    }

    /// Shows faults at their fields. A fault belongs to the field whose pointer is the longest prefix of the fault's
    /// pointer. If no field has such a pointer, only the summary lists the fault.
    pub(crate) fn with_faults(mut self, faults: &[Fault]) -> Self {
        for fault in faults {
            let fields = self.sections.iter_mut().flat_map(|section| &mut section.fields);
            let rated = fields.filter_map(|field| Some((longest_above(field.pointers, &fault.pointer)?, field)));
            let detail = fault.detail.clone();
            let listed = match rated.max_by_key(|(length, _)| *length) {
                Some((_, field)) => {
                    field.faults.push(detail.clone());
                    ListedFault { field: field.name, label: field.label.to_owned(), detail }
                }
                None => ListedFault { field: "", label: fault.pointer.trim_start_matches('/').to_owned(), detail },
            };
            self.faults.push(listed);
        }
        self
    }
}

/// Returns the length of the longest pointer that is `pointer` or an ancestor of it.
fn longest_above(pointers: &[&str], pointer: &str) -> Option<usize> {
    let is_above =
        |above: &&&str| pointer.strip_prefix(**above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    pointers.iter().filter(is_above).map(|above| above.len()).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let field = |name, pointers| Field::new(name, name, "", Kind::Area, pointers);
        let fields = vec![field("discount", &["/discount"]), field("percent", &["/discount/percent_off"])];
        Form::new("Save", vec![Section { legend: "", fields }], &Values::default())
    }

    fn fault(pointer: &str) -> Fault {
        Fault { pointer: pointer.to_owned(), detail: "is wrong".to_owned() }
    }

    #[test]
    fn fault_is_shown_at_the_field_with_the_longest_pointer() {
        let faults = ["/discount/percent_off", "/discount/type", "/discounted", "", "/discount/percent_off/0"];
        let form = form().with_faults(&faults.map(fault));
        let shown: Vec<&str> = form.faults.iter().map(|fault| fault.field).collect();
        assert_eq!(shown, ["percent", "discount", "", "", "percent"]);
        let counts: Vec<usize> = form.sections[0].fields.iter().map(|field| field.faults.len()).collect();
        assert_eq!(counts, [1, 2]);
    }

    #[test]
    fn parts_are_separated_by_commas_and_lines() {
        let mut values = Values::default();
        values.add("products", " a, b\r\n\n c ,");
        assert_eq!(values.parts("products"), ["a", "b", "c"]);
    }
}
