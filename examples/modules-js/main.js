/* @spell
name: modules-js
description: A spell in several files.
capabilities: []
*/

import { add, lines } from "./inventory.js"; // beside this file
import * as text from "./lib/text.js"; // relative to the file that asks

add("apple", 3);
add("pear", 1);
console.log(text.list(lines()));

// A module runs once, whoever asks for it and whenever.
console.log((await import("./lib/text.js")) === text);

// expect: 3 apples, 1 pear
// expect: true
