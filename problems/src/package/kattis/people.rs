//! Who made a problem, where it is from and when it may be seen: keys that judging never asks for, but that have a shape.

use serde_json::Value;

const CREDITS: [&str; 6] = [
    "authors",
    "contributors",
    "testers",
    "translators",
    "packagers",
    "acknowledgements",
];
const PERSON: [&str; 4] = ["name", "email", "orcid", "kattis"];

/// What is wrong with `credits`, if anything.
pub(super) fn credits_fault(value: &Value) -> Option<String> {
    let Value::Object(roles) = value else {
        return persons_fault(value);
    };
    roles.iter().find_map(|(role, persons)| {
        if !CREDITS.contains(&role.as_str()) {
            return Some(format!(
                "unknown role {role:?}: one of {} is wanted",
                CREDITS.join(", ")
            ));
        }
        match persons {
            Value::Object(languages) if role == "translators" => {
                languages.values().find_map(persons_fault)
            }
            persons => persons_fault(persons),
        }
    })
}

/// What is wrong with a person or a list of them, if anything.
pub(super) fn persons_fault(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::String(_) => None,
        Value::Array(persons) => persons.iter().find_map(persons_fault),
        Value::Object(person) => {
            if let Some(key) = person.keys().find(|key| !PERSON.contains(&key.as_str())) {
                return Some(format!(
                    "unknown key {key:?} of a person: one of {} is wanted",
                    PERSON.join(", ")
                ));
            }
            (!person.contains_key("name")).then(|| "a person has no name".to_owned())
        }
        other => Some(format!("{other} is no person")),
    }
}

/// What is wrong with `source`, if anything.
pub(super) fn source_fault(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::String(_) => None,
        Value::Array(sources) => sources.iter().find_map(source_fault),
        Value::Object(source) => {
            let unknown = source
                .keys()
                .find(|key| !["name", "url"].contains(&key.as_str()));
            match unknown {
                Some(key) => Some(format!(
                    "unknown key {key:?} of a source: name or url is wanted"
                )),
                None => (!source.contains_key("name")).then(|| "a source has no name".to_owned()),
            }
        }
        other => Some(format!("{other} is no source")),
    }
}

/// What is wrong with a date, or a date and time of UTC, if anything.
pub(super) fn date_fault(text: &str) -> Option<String> {
    let fits = |shape: &str| {
        shape.len() == text.len()
            && shape
                .bytes()
                .zip(text.bytes())
                .all(|(wanted, byte)| match wanted {
                    b'0' => byte.is_ascii_digit(),
                    other => byte == other,
                })
    };
    let known = ["0000-00-00", "0000-00-00T00:00:00Z"];
    (!known.into_iter().any(fits)).then(|| {
        format!(
            "{text:?} is neither a date such as 2025-09-30 nor a time such as 2025-09-30T12:00:00Z"
        )
    })
}
