/** A dish or a drink on the menu. Money is in whole cents everywhere. */
export interface MenuItem {
  readonly menuNumber: number;
  readonly description: string;
  readonly isDrink: boolean;
  readonly priceCents: number;
}

/** What the cafe serves. */
export const menu: readonly MenuItem[] = [
  drink(1, "Coke", 150),
  drink(2, "Green Tea", 190),
  drink(3, "Freshly Ground Coffee", 200),
  drink(4, "Czech Pilsner", 350),
  drink(5, "Yeti Stout", 450),
  food(10, "Mushroom & Bacon Pasta", 600),
  food(11, "Chili Con Carne", 750),
  food(12, "Borsch With Smetana", 450),
  food(13, "Lamb Skewers with Tatziki", 800),
  food(14, "Beef Stroganoff", 850),
];

/** Who serves it. */
export const waiters: readonly string[] = ["Jack", "Lena", "Pedro", "Anastasia"];

/** Menu items by their numbers, one for each number given. */
export function fromMenu(...menuNumbers: number[]): MenuItem[] {
  return menuNumbers.map((menuNumber) => {
    const item = menu.find((candidate) => candidate.menuNumber === menuNumber);
    if (item === undefined) throw new Error(`there is no number ${menuNumber} on the menu`);
    return item;
  });
}

function drink(menuNumber: number, description: string, priceCents: number): MenuItem {
  return { menuNumber, description, isDrink: true, priceCents };
}

function food(menuNumber: number, description: string, priceCents: number): MenuItem {
  return { menuNumber, description, isDrink: false, priceCents };
}
