use std::convert::Infallible;

use esrc::event::Event;
use esrc::version::{DeserializeVersion, SerializeVersion};
use esrc::Aggregate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Failure;

/// The length of every event's JSON.
pub const BODY_BYTES: usize = 134;

/// An event that this bench can make and add up.
pub trait ItemEvent: Event + SerializeVersion + for<'de> DeserializeVersion<'de> + 'static {
    fn item(number: usize) -> Self;
    fn cents(&self) -> u64;
}

macro_rules! family {
    ($event:ident) => {
        #[derive(Event, Serialize, SerializeVersion, Deserialize, DeserializeVersion)]
        pub enum $event {
            #[serde(rename_all = "camelCase")]
            ItemAdded {
                order_id: String,
                sku: String,
                quantity: u32,
                price_cents: u64,
                note: String,
            },
        }

        impl ItemEvent for $event {
            fn item(number: usize) -> Self {
                Self::ItemAdded {
                    order_id: format!("order-{:08}", number % 100_000_000),
                    sku: format!("sku-{:05}", number % 100_000),
                    quantity: (number % 9 + 1) as u32,
                    price_cents: (1000 + number % 9000) as u64,
                    note: "leave it at the door of house 042".to_owned(),
                }
            }

            fn cents(&self) -> u64 {
                let Self::ItemAdded {
                    quantity,
                    price_cents,
                    ..
                } = self;
                u64::from(*quantity) * price_cents
            }
        }
    };
}

// Named by the crate after the type: "Order", "Invoice", "Parcel", "Refund".
family!(OrderEvent);
family!(InvoiceEvent);
family!(ParcelEvent);
family!(RefundEvent);

/// Fails unless the events have the size that all contenders' events have.
pub fn check_size() -> Result<(), Failure> {
    for number in [0, 12_345] {
        let bytes = serde_json::to_vec(&OrderEvent::item(number))?.len();
        if bytes != BODY_BYTES {
            return Err(format!("an event has {bytes} bytes, not {BODY_BYTES}").into());
        }
    }
    Ok(())
}

/// The id of the aggregate with this number.
pub fn id_of(number: usize) -> Uuid {
    let spread = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Uuid::from_u64_pair(spread, number as u64)
}

/// The items of one order, counted and added up.
#[derive(Default)]
pub struct Order {
    pub items: usize,
    pub cents: u64,
}

/// Add the item with this number.
pub struct AddItem(pub usize);

impl Aggregate for Order {
    type Command = AddItem;
    type Event = OrderEvent;
    type Error = Infallible;

    fn process(&self, AddItem(number): AddItem) -> Result<OrderEvent, Infallible> {
        Ok(OrderEvent::item(number))
    }

    fn apply(self, event: &OrderEvent) -> Self {
        Self {
            items: self.items + 1,
            cents: self.cents + event.cents(),
        }
    }
}
