//! Edits of filters: of the trigger, of a branch, and of a step that waits for an event.

use serde_json::{Map, Value};

use super::change::{Edit, Edited};
use super::fault::{EditFault, EditFaultKind};
use super::filters_of::FiltersOf;
use super::members::set_members;
use super::tree::{insert, object_at, take};

/// Member with the filters.
const FILTERS: &str = "filters";

/// Whether a value is absent or null.
fn is_absent(value: Option<&Value>) -> bool {
    value.is_none_or(Value::is_null)
}

/// Adds a filter to a list.
pub(super) fn add(
    document: &Value,
    of: &FiltersOf,
    group: &str,
    index: Option<usize>,
    filter: &Value,
) -> Result<Edited, EditFault> {
    let list = format!("{}/{FILTERS}{group}", of.find(document)?);
    let is_new_list = group.is_empty() && is_absent(document.pointer(&list));
    let end = match document.pointer(&list) {
        Some(Value::Array(filters)) => filters.len(),
        _ if is_new_list => 0,
        _ => return Err(EditFaultKind::GroupNotFound.at("/group")),
    };
    let index = index.unwrap_or(end);
    let mut edited = document.clone();
    insert(&mut edited, &list, index, filter.clone()).map_err(|fault| fault.at("/index"))?;
    let inverse =
        Edit::RemoveFilter { filters: of.clone(), at: format!("{group}/{index}"), drop_empty_list: is_new_list };
    Ok(Edited { document: edited, inverse })
}

/// Removes a filter from its list.
pub(super) fn remove(document: &Value, of: &FiltersOf, at: &str, drop_empty_list: bool) -> Result<Edited, EditFault> {
    let owner = of.find(document)?;
    let not_found = || EditFaultKind::FilterNotFound.at("/at");
    let (group, index) = at.rsplit_once('/').ok_or_else(not_found)?;
    let index: usize = index.parse().map_err(|_| not_found())?;
    let list = format!("{owner}/{FILTERS}{group}");
    let filters = document.pointer(&list).and_then(Value::as_array).ok_or_else(not_found)?;
    if index >= filters.len() {
        return Err(not_found());
    }
    let mut edited = document.clone();
    let filter =
        take(&mut edited, &list, index, drop_empty_list && group.is_empty()).map_err(|fault| fault.at("/at"))?;
    let inverse = Edit::AddFilter { filters: of.clone(), group: group.to_owned(), index: Some(index), filter };
    Ok(Edited { document: edited, inverse })
}

/// Replaces a filter, or all filters.
pub(super) fn set(document: &Value, of: &FiltersOf, at: &str, filter: Option<&Value>) -> Result<Edited, EditFault> {
    let owner = of.find(document)?;
    let mut edited = document.clone();
    let before = match (at, filter) {
        ("", filter) => {
            let owner = object_at(&mut edited, &owner).map_err(|fault| fault.at("/filters"))?;
            let members = Map::from_iter([(FILTERS.to_owned(), filter.cloned().unwrap_or(Value::Null))]);
            set_members(owner, &members).shift_remove(FILTERS).filter(|filters| !filters.is_null())
        }
        (_, None) => return Err(EditFaultKind::FilterIsNull.at("/filter")),
        (at, Some(filter)) => {
            let (group, name) = at.rsplit_once('/').unwrap_or_default();
            let group = document.pointer(&format!("{owner}/{FILTERS}{group}"));
            let is_filter = group.is_some_and(|group| group.is_array() || name == "not");
            let place = edited.pointer_mut(&format!("{owner}/{FILTERS}{at}")).filter(|_| is_filter);
            let place = place.ok_or_else(|| EditFaultKind::FilterNotFound.at("/at"))?;
            Some(std::mem::replace(place, filter.clone()))
        }
    };
    Ok(Edited { document: edited, inverse: Edit::SetFilter { filters: of.clone(), at: at.to_owned(), filter: before } })
}
