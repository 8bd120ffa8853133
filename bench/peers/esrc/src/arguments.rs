use std::collections::HashMap;

use crate::Failure;

/// The command line.
pub struct Arguments {
    pub url: String,
    pub store: String,
    pub work: String,
    /// How many operations are clocked.
    pub operations: usize,
    pub in_flight: usize,
    /// How many aggregates the data has (in each family).
    pub aggregates: usize,
    /// How many events each of them has.
    pub events: usize,
}

impl Arguments {
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let words: Vec<String> = words.collect();
        let mut given = HashMap::new();
        for pair in words.chunks(2) {
            let (Some(key), Some(value)) = (pair[0].strip_prefix("--"), pair.get(1)) else {
                return Err(format!("expected --name value, got {}", pair[0]).into());
            };
            given.insert(key.to_owned(), value.clone());
        }
        let arguments = Self {
            url: text(&mut given, "url")?,
            store: text(&mut given, "store")?,
            work: text(&mut given, "work")?,
            operations: number(&mut given, "operations", None)?,
            in_flight: number(&mut given, "in-flight", Some(256))?,
            aggregates: number(&mut given, "aggregates", Some(1))?,
            events: number(&mut given, "events", Some(1))?,
        };
        match given.keys().next() {
            Some(unknown) => Err(format!("unknown argument --{unknown}").into()),
            None => Ok(arguments),
        }
    }

    /// How many operations are done before the clock starts.
    pub fn warm_up(&self) -> usize {
        self.operations.div_ceil(10)
    }
}

fn text(given: &mut HashMap<String, String>, name: &str) -> Result<String, Failure> {
    given
        .remove(name)
        .ok_or_else(|| format!("--{name} is missing").into())
}

fn number(
    given: &mut HashMap<String, String>,
    name: &str,
    default: Option<usize>,
) -> Result<usize, Failure> {
    let value = match (given.remove(name), default) {
        (Some(word), _) => word.parse::<usize>()?,
        (None, Some(value)) => value,
        (None, None) => return Err(format!("--{name} is missing").into()),
    };
    if value == 0 {
        return Err(format!("--{name} must be 1 or more").into());
    }
    Ok(value)
}
