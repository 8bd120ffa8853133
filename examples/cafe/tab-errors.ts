/** Why a tab says no. */
export abstract class TabError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

export class TabAlreadyOpen extends TabError {
  constructor() {
    super("the tab is open already");
  }
}

export class TabNotOpen extends TabError {
  constructor() {
    super("the tab is not open");
  }
}

export class DrinksNotOutstanding extends TabError {
  constructor() {
    super("not all of these drinks are waiting to be served");
  }
}

export class FoodNotOutstanding extends TabError {
  constructor() {
    super("not all of this food is waiting to be prepared");
  }
}

export class FoodNotPrepared extends TabError {
  constructor() {
    super("not all of this food is prepared and waiting to be served");
  }
}

export class TabHasUnservedItems extends TabError {
  constructor() {
    super("something on the tab has not been served");
  }
}

export class MustPayEnough extends TabError {
  constructor(amountPaidCents: number, orderValueCents: number) {
    super(`${amountPaidCents} cents do not pay for ${orderValueCents}`);
  }
}
