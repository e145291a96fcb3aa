/** One turn of the event loop: whatever else waits for this thread goes first. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
