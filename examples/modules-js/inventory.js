import { count } from "./lib/text.js";

const stock = [];

export function add(name, amount) {
  stock.push({ name, amount });
}

export const lines = () => stock.map(({ name, amount }) => count(amount, name));
