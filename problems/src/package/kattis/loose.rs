//! YAML values that may be written in several shapes, and whose spelling counts: `1e-6` stays `1e-6`.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A text, a list of texts, or a mapping from names to `M`.
#[derive(Debug, Clone)]
pub(super) enum Loose<M> {
    Text(String),
    List(Vec<String>),
    Mapping(BTreeMap<String, M>),
}

impl<M> Loose<M> {
    /// The words of it: a text is parted at blanks, a list is one already; `None` for a mapping.
    pub(super) fn words(self) -> Option<Vec<String>> {
        match self {
            Self::Text(text) => Some(text.split_whitespace().map(str::to_owned).collect()),
            Self::List(list) => Some(list),
            Self::Mapping(_) => None,
        }
    }
}

impl<'de, M: Deserialize<'de>> Deserialize<'de> for Loose<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shapes(PhantomData))
    }
}

struct Shapes<M>(PhantomData<M>);

impl<'de, M: Deserialize<'de>> Visitor<'de> for Shapes<M> {
    type Value = Loose<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list of texts or a mapping")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Loose::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Loose::Text(value.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Loose::Text(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Loose::Text(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Loose::Text(number.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<String>()? {
            list.push(item);
        }
        Ok(Loose::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Self::Value, A::Error> {
        let mut mapping = BTreeMap::new();
        while let Some((name, value)) = pairs.next_entry()? {
            mapping.insert(name, value);
        }
        Ok(Loose::Mapping(mapping))
    }
}
