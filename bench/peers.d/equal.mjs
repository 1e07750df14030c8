// Says whether two answers are the same JSON, whatever the order of their members: node equal.mjs FILE FILE
import assert from "node:assert";
import fs from "node:fs";

const [one, other] = process.argv.slice(2).map((file) => JSON.parse(fs.readFileSync(file, "utf8")));
try {
  assert.deepStrictEqual(other, one);
} catch (difference) {
  console.error(difference.message.split("\n").slice(0, 20).join("\n"));
  process.exitCode = 1;
}
