use async_nats::HeaderMap;
use uuid::Uuid;

use crate::domain::{id_of, ItemEvent};
use crate::{Failure, Place};

/// How many publishes wait for their acknowledgement at a time.
const WINDOW: usize = 1000;

/// One event to be written: of which family (by number), of which aggregate.
pub struct Slot {
    pub family: usize,
    pub aggregate: usize,
}

/// Write these events in this order, in the crate's own format, by plain publishes without
/// expectations. Does nothing when the store already has as many messages.
pub async fn fill(
    place: &Place,
    slots: impl Iterator<Item = Slot>,
    total: usize,
    encode: fn(&Slot, usize) -> Result<(&'static str, Vec<u8>), Failure>,
) -> Result<(), Failure> {
    if messages(place).await? == total {
        return Ok(());
    }
    let mut headers = HeaderMap::new();
    headers.append("Esrc-Version", "1");
    let mut waiting = Vec::with_capacity(WINDOW);
    for (number, slot) in slots.enumerate() {
        let (family, body) = encode(&slot, number)?;
        let id: Uuid = id_of(slot.aggregate);
        let subject = format!("{}.{family}.{id}", place.name);
        let publish = place
            .context
            .publish_with_headers(subject, headers.clone(), body.into());
        waiting.push(publish.await?);
        if waiting.len() == WINDOW {
            for acknowledgement in waiting.drain(..) {
                acknowledgement.await?;
            }
        }
    }
    for acknowledgement in waiting {
        acknowledgement.await?;
    }
    match messages(place).await? {
        stored if stored == total => Ok(()),
        stored => Err(format!("{stored} of {total} events were stored").into()),
    }
}

/// The name of an event's family and its body, as the crate would store it.
pub fn encoded<E: ItemEvent>(number: usize) -> Result<(&'static str, Vec<u8>), Failure> {
    Ok((E::name(), serde_json::to_vec(&E::item(number))?))
}

async fn messages(place: &Place) -> Result<usize, Failure> {
    let mut stream = place.context.get_stream(place.name).await?;
    Ok(stream.info().await?.state.messages as usize)
}
