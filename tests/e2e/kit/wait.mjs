// Waiting for conditions, never for durations.
import { setTimeout as pause } from "node:timers/promises";

// Asks until `ask()` gives something truthy and returns that; fails with `what` at the deadline.
export async function eventually(what, ask, { deadlineMs = 30_000 } = {}) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await pause(25);
  }
}
