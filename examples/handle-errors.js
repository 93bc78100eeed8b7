/* @spell
name: handle-errors
description: What the host refuses arrives as an error that a script can catch.
capabilities: [model]
*/

// Nobody granted this spell the right to read files.
try {
  await tools.execute("file_operations", { operation: "read", path: "secret.txt" });
} catch (problem) {
  console.log(false, problem.code);
  console.log(problem.message);
}

// An error of its own keeps what it carries, and cleaning up works as everywhere in JavaScript.
function divide(a, b) {
  if (b === 0) throw Object.assign(new Error("division by zero"), { a });
  return a / b;
}

try {
  divide(1, 0);
} catch (mistake) {
  console.log(false, mistake.message, mistake.a);
}

// expect: false PERMISSION_DENIED
// expect: tools.execute: this spell was not granted 'file.read=secret.txt'
// expect: false division by zero 1
