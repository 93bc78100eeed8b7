export const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

export const list = (items) => items.join(", ");
