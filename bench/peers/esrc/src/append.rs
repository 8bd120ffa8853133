use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use esrc::event::{Publish, Sequence};

use crate::arguments::Arguments;
use crate::domain::{id_of, ItemEvent, OrderEvent};
use crate::measure::{Answer, Clock};
use crate::{Failure, Place};

const COMMIT_EVENTS: usize = 10;

/// One conditional append at a time, all to one aggregate.
pub async fn sequential(place: &Place, arguments: &Arguments) -> Result<Answer, Failure> {
    one_by_one(place, arguments, 1, None).await
}

/// A commit of ten events, which the crate does not have: ten appends, one after another.
pub async fn commit(place: &Place, arguments: &Arguments) -> Result<Answer, Failure> {
    let note = "has no commit of several events: 10 appends, one after another, not atomic";
    one_by_one(place, arguments, COMMIT_EVENTS, Some(note)).await
}

async fn one_by_one(
    place: &Place,
    arguments: &Arguments,
    events: usize,
    note: Option<&'static str>,
) -> Result<Answer, Failure> {
    let mut store = place.store.clone();
    let mut head = Sequence::new();
    let mut clock = Clock::start();
    for operation in 0..arguments.warm_up() + arguments.operations {
        if operation == arguments.warm_up() {
            clock = Clock::start();
        }
        let began = Instant::now();
        for event in 0..events {
            let item = OrderEvent::item(operation * events + event);
            head = store.publish(id_of(0), head, item).await?;
        }
        clock.lap(began);
    }
    Ok(clock.stop(note))
}

/// Many conditional appends at a time: as many aggregates, each with one append under way.
pub async fn in_flight(place: &Place, arguments: &Arguments) -> Result<Answer, Failure> {
    let heads = vec![Sequence::new(); arguments.in_flight];
    let (heads, _) = spread(place, heads, arguments.warm_up()).await?;
    let began = Instant::now();
    let (_, times) = spread(place, heads, arguments.operations).await?;
    Ok(Answer::Measured {
        operations: arguments.operations,
        elapsed: began.elapsed(),
        times,
        note: None,
    })
}

/// Do so many appends in all, one task for each aggregate. Returns the aggregates' new heads.
async fn spread(
    place: &Place,
    heads: Vec<Sequence>,
    operations: usize,
) -> Result<(Vec<Sequence>, Vec<Duration>), Failure> {
    let begun = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = heads
        .into_iter()
        .enumerate()
        .map(|(aggregate, mut head)| {
            let (mut store, begun) = (place.store.clone(), begun.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let operation = begun.fetch_add(1, Ordering::Relaxed);
                    if operation >= operations {
                        return Ok::<_, Failure>((head, times));
                    }
                    let began = Instant::now();
                    let item = OrderEvent::item(operation);
                    head = store.publish(id_of(aggregate), head, item).await?;
                    times.push(began.elapsed());
                }
            })
        })
        .collect();
    let (mut heads, mut all) = (Vec::new(), Vec::new());
    for task in tasks {
        let (head, times) = task.await??;
        heads.push(head);
        all.extend(times);
    }
    Ok((heads, all))
}
