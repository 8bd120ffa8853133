use std::time::{Duration, Instant};

use serde_json::json;

/// What a piece of work took.
pub enum Answer {
    Measured {
        operations: usize,
        elapsed: Duration,
        /// The time of each operation.
        times: Vec<Duration>,
        /// How this work differs from what was asked for.
        note: Option<&'static str>,
    },
    Unsupported(&'static str),
}

impl Answer {
    pub fn unsupported(reason: &'static str) -> Self {
        Self::Unsupported(reason)
    }

    pub fn to_json(&self, work: &str) -> String {
        match self {
            Self::Unsupported(reason) => json!({ "work": work, "unsupported": reason }).to_string(),
            Self::Measured {
                operations,
                elapsed,
                times,
                note,
            } => {
                let mut line = json!({
                    "work": work,
                    "operations": operations,
                    "elapsedMs": elapsed.as_secs_f64() * 1e3,
                    "p50Us": median(times).as_secs_f64() * 1e6,
                });
                if let Some(note) = note {
                    line["note"] = json!(note);
                }
                line.to_string()
            }
        }
    }
}

/// Clocks operations that are done one after another.
pub struct Clock {
    started: Instant,
    times: Vec<Duration>,
}

impl Clock {
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            times: Vec::new(),
        }
    }

    /// The operation that began then is done.
    pub fn lap(&mut self, began: Instant) {
        self.times.push(began.elapsed());
    }

    pub fn stop(self, note: Option<&'static str>) -> Answer {
        Answer::Measured {
            operations: self.times.len(),
            elapsed: self.started.elapsed(),
            times: self.times,
            note,
        }
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => Duration::ZERO,
        odd if odd % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2,
    }
}
